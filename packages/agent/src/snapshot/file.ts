/** The snapshot's file: replaced whole by rename, synced before and after, so a crash leaves the old or the new one. */
import { mkdirSync, openSync, closeSync, fsyncSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Held, SnapshotError, decodeSnapshot, encodeSnapshot } from './codec.ts';

const FILE = 'snapshot.nw';

export type Loaded =
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly resources: Held[] }
  /** There, but not usable: what the pins enforce stays; the operator sends everything anew. */
  | { readonly kind: 'corrupt'; readonly path: string; readonly reason: string };

export function snapshotPath(stateDir: string): string {
  return join(stateDir, FILE);
}

/** Reads `<stateDir>/snapshot.nw`. Throws only when the file system does (other than "not there"). */
export function loadSnapshot(stateDir: string): Loaded {
  const path = snapshotPath(stateDir);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
    throw error;
  }
  try {
    return { kind: 'held', resources: decodeSnapshot(bytes) };
  } catch (error) {
    if (error instanceof SnapshotError) return { kind: 'corrupt', path, reason: error.message };
    throw error;
  }
}

/** Writes a temporary file, syncs it, renames it over the old one, syncs the directory. */
export function saveSnapshot(stateDir: string, resources: Iterable<Held>): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = snapshotPath(stateDir);
  const temporary = `${path}.new`;
  try {
    const bytes = encodeSnapshot(resources);
    const fd = openSync(temporary, 'w', 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const directory = openSync(stateDir, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
