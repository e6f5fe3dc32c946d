import { execFileSync } from 'node:child_process';
import { BpfProgram, LibbpfError, tcAttach, tcDeleteQdisc, tcDetach, tcQuery } from '@namewall/libbpf';
import { DatapathError } from '../errors.ts';
import { at, describePlace, type Place } from './place.ts';
import { type FilterRecord, readRecord, removeRecord, writeRecord } from './record.ts';
import type { Direction } from './trampoline.ts';

/** Our place in a clsact chain: a handle that others do not use ("NW"), before all other priorities. */
const FILTER = { handle: 0x4e57, priority: 1 } as const;

/** Names of our trampolines; what else has our handle is somebody else's. */
const OURS: ReadonlySet<string> = new Set(['nw_out', 'nw_in']);

/** Whether a recorded filter still stands. */
export function standsFilter({ place, programId }: FilterRecord): boolean {
  return reach(place, () => tcQuery(place.ifindex, place.side, FILTER)) === programId;
}

/** Sets a filter and records it, the record first; a filter that cannot be set leaves none. */
export function setFilter(
  root: string,
  endpoint: number,
  direction: Direction,
  program: BpfProgram,
  place: Place,
): void {
  const other = readRecord(root, endpoint, direction === 'out' ? 'in' : 'out');
  const shared = other?.ownQdisc === true && other.place.ifindex === place.ifindex && other.place.netns === place.netns;
  at(place, () => {
    const occupant = tcQuery(place.ifindex, place.side, FILTER);
    if (occupant !== undefined && !OURS.has(nameOf(occupant))) {
      throw new DatapathError(
        'ATTACH',
        `${describePlace(place)}: program ${occupant} of somebody else has handle 0x${FILTER.handle.toString(16)},` +
          ` priority ${FILTER.priority}; remove it with tc filter del`,
      );
    }
    const ownQdisc = shared || !hasClsact(place.ifindex);
    writeRecord(root, endpoint, direction, program, { place, ownQdisc });
    try {
      tcAttach(program, place.ifindex, place.side, { ...FILTER, replace: occupant !== undefined });
    } catch (error) {
      const record = removeFilter(root, endpoint, direction);
      if (record !== undefined) dropQdiscs([record]);
      throw error;
    }
  });
}

/** Removes our filter when it still stands, and its record; the record is returned for {@link dropQdiscs}. */
export function removeFilter(root: string, endpoint: number, direction: Direction): FilterRecord | undefined {
  const record = readRecord(root, endpoint, direction);
  if (record !== undefined && standsFilter(record)) {
    reach(record.place, () => tcDetach(record.place.ifindex, record.place.side, FILTER));
  }
  removeRecord(root, endpoint, direction);
  return record;
}

/** Deletes the qdiscs that we made, where nobody's filter is left on them. */
export function dropQdiscs(records: readonly FilterRecord[]): void {
  for (const { place, ownQdisc } of records) {
    if (!ownQdisc) continue;
    reach(place, () => hasClsact(place.ifindex) && !hasFilters(place.ifindex) && tcDeleteQdisc(place.ifindex));
  }
}

/** Like `at`, but undefined where the namespace or the interface is gone, and with it all that stood there. */
function reach<T>(place: Place, run: () => T): T | undefined {
  try {
    return at(place, run);
  } catch (error) {
    if (error instanceof LibbpfError && (error.code === 'ENOENT' || error.code === 'ENODEV')) return undefined;
    throw error;
  }
}

function nameOf(programId: number): string {
  using program = BpfProgram.openById(programId);
  return program.info.name;
}

/** `if<n>` is how tc takes an interface by its number. */
function tc(...args: readonly string[]): readonly { readonly kind?: string }[] {
  const text = execFileSync('tc', ['-json', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(text.trim() || '[]') as readonly { readonly kind?: string }[];
}

function hasClsact(ifindex: number): boolean {
  return tc('qdisc', 'show', 'dev', `if${ifindex}`).some(({ kind }) => kind === 'clsact');
}

function hasFilters(ifindex: number): boolean {
  return ['ingress', 'egress'].some((side) => tc('filter', 'show', 'dev', `if${ifindex}`, side).length > 0);
}
