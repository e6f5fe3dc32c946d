import { chmodSync, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type FileLock, isBpffs, LibbpfError, lockFile, mountBpffs } from '@namewall/libbpf';
import { DatapathError } from '../errors.ts';
import { linksDir } from './paths.ts';
import { ifThere } from './purge.ts';

/** Where bpffs is mounted by everybody, and by us where nobody did. */
const MOUNT = '/sys/fs/bpf';

/**
 * Makes a root (mode 0700) in bpffs and locks it against a second agent.
 * @throws DatapathError LOCKED, or NOT_PINNED where there is no bpffs
 */
export function openRoot(root: string): FileLock {
  if (resolve(root).startsWith(`${MOUNT}/`)) mountBpffs(MOUNT);
  if (!isBpffs(existing(root))) {
    throw new DatapathError(
      'NOT_PINNED',
      `${root} is on no bpf file system: choose a path under ${MOUNT}, or mount one`,
    );
  }
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const lock = lockRoot(root);
  chmodSync(root, 0o700);
  return lock;
}

/**
 * Locks a root that is there.
 * @throws DatapathError LOCKED
 */
export function lockRoot(root: string): FileLock {
  const { ino } = statSync(root);
  let lock: FileLock;
  try {
    lock = lockFile(root);
  } catch (error) {
    if (error instanceof LibbpfError && error.code === 'EAGAIN') throw locked(root, error);
    throw error;
  }
  // Somebody removed it and made it anew between the two: our lock is of the old one.
  if (statSync(root, { throwIfNoEntry: false })?.ino === ino) return lock;
  lock.release();
  throw locked(root);
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Taken by whoever attaches or changes what is pinned for a pod, for as long as that takes: the agent and each call of the CNI
 * plugin. Nothing else goes on in this process while it waits.
 * @param patience milliseconds
 * @returns undefined where another process had it all the time
 */
export function lockLinks(root: string, patience: number): FileLock | undefined {
  const end = performance.now() + patience;
  mkdirSync(linksDir(root), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      return lockFile(linksDir(root));
    } catch (error) {
      if (!(error instanceof LibbpfError && error.code === 'EAGAIN')) throw error;
      if (performance.now() >= end) return undefined;
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

function locked(root: string, cause?: unknown): DatapathError {
  return new DatapathError('LOCKED', `another process has ${root}: stop the agent that runs, or choose another root`, {
    cause,
  });
}

/** Removes a root when it is empty. */
export function removeRoot(root: string): boolean {
  return ifThere(() => {
    rmdirSync(root);
  });
}

function existing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : existing(dirname(path));
}
