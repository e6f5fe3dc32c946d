import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BpfProgram } from '@namewall/libbpf';
import { filtersDir } from '../pins/paths.ts';
import { unlinkIfThere } from '../pins/purge.ts';
import type { Place, Side } from './place.ts';
import type { Direction } from './trampoline.ts';

/**
 * What we know of a clsact filter of ours. bpffs holds no files, so the program is a pin and the rest is the
 * text of a symbolic link beside it; both stand before the filter does.
 */
export interface FilterRecord {
  readonly place: Place;
  /** We made the qdisc. */
  readonly ownQdisc: boolean;
  readonly programId: number;
}

interface Text {
  readonly ifindex: number;
  readonly side: Side;
  readonly netns?: string;
  readonly ownQdisc: boolean;
}

const programPin = (root: string, endpoint: number, direction: Direction): string =>
  join(filtersDir(root), `${endpoint}-${direction}`);

export function writeRecord(
  root: string,
  endpoint: number,
  direction: Direction,
  program: BpfProgram,
  { place, ownQdisc }: Omit<FilterRecord, 'programId'>,
): void {
  removeRecord(root, endpoint, direction);
  mkdirSync(filtersDir(root), { recursive: true });
  const { ifindex, side, netns } = place;
  const text: Text = { ifindex, side, ownQdisc, ...(netns === undefined ? {} : { netns }) };
  symlinkSync(JSON.stringify(text), `${programPin(root, endpoint, direction)}-at`);
  program.pin(programPin(root, endpoint, direction));
}

/** The record, or undefined where there is none or only half of one: then no filter was set. */
export function readRecord(root: string, endpoint: number, direction: Direction): FilterRecord | undefined {
  let text: Text;
  try {
    text = JSON.parse(readlinkSync(`${programPin(root, endpoint, direction)}-at`)) as Text;
    using program = openRecorded(root, endpoint, direction);
    const { ownQdisc, ...place } = text;
    return { place, ownQdisc, programId: program.info.id };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The program of a record. */
export function openRecorded(root: string, endpoint: number, direction: Direction): BpfProgram {
  return BpfProgram.openPinned(programPin(root, endpoint, direction));
}

export function removeRecord(root: string, endpoint: number, direction: Direction): void {
  unlinkIfThere(programPin(root, endpoint, direction));
  unlinkIfThere(`${programPin(root, endpoint, direction)}-at`);
}
