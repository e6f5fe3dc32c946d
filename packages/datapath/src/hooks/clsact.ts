import { execFileSync } from 'node:child_process';
import { BpfProgram, LibbpfError, tcAttach, tcDeleteQdisc, tcDetach, tcQuery } from '@namewall/libbpf';
import { DatapathError } from '../errors.ts';
import { at, describePlace, type Place } from './place.ts';
import { type FilterRecord, openRecorded, readRecord, removeRecord, writeRecord } from './record.ts';
import type { Direction } from './trampoline.ts';

/** Our place in a clsact chain: a handle that others do not use ("NW"), before all other priorities. */
const FILTER = { handle: 0x4e57, priority: 1 } as const;
/** Where ours stands a second time while it is moved. */
const MOVING = { handle: 0x4e58, priority: 1 } as const;

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

/** Programs of filters that run before ours: of one priority the last that was set is the first that runs. */
export function filtersBefore({ place }: FilterRecord): number[] {
  const shown = reach(place, () => tc('filter', 'show', 'dev', `if${place.ifindex}`, place.side)) ?? [];
  const filters = shown.flatMap(({ chain, options }) => (chain === 0 && options?.prog ? [options] : []));
  const own = filters.findIndex(({ handle }) => Number(handle) === FILTER.handle);
  return filters.slice(0, Math.max(own, 0)).flatMap(({ prog }) => (prog === undefined ? [] : [prog.id]));
}

/** Puts our filter before those of the same priority that were set later; it stands all the while. */
export function raiseFilter(root: string, endpoint: number, direction: Direction, { place }: FilterRecord): void {
  using program = openRecorded(root, endpoint, direction);
  at(place, () => {
    clearMoving(place);
    tcAttach(program, place.ifindex, place.side, { ...MOVING, replace: false });
    tcDetach(place.ifindex, place.side, FILTER);
    tcAttach(program, place.ifindex, place.side, { ...FILTER, replace: false });
    tcDetach(place.ifindex, place.side, MOVING);
  });
}

function clearMoving(place: Place): void {
  const occupant = tcQuery(place.ifindex, place.side, MOVING);
  if (occupant !== undefined && OURS.has(nameOf(occupant))) tcDetach(place.ifindex, place.side, MOVING);
}

/** Removes our filter when it still stands, and its record; the record is returned for {@link dropQdiscs}. */
export function removeFilter(root: string, endpoint: number, direction: Direction): FilterRecord | undefined {
  const record = readRecord(root, endpoint, direction);
  if (record !== undefined && standsFilter(record)) {
    reach(record.place, () => tcDetach(record.place.ifindex, record.place.side, FILTER));
  }
  // Of an agent that ended while it moved its filter.
  if (record !== undefined) reach(record.place, () => clearMoving(record.place));
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

/** A qdisc or a filter, as tc shows it. */
interface Shown {
  readonly kind?: string;
  readonly chain?: number;
  readonly options?: { readonly handle?: string; readonly prog?: { readonly id: number } };
}

/** `if<n>` is how tc takes an interface by its number. */
function tc(...args: readonly string[]): readonly Shown[] {
  const text = execFileSync('tc', ['-json', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(text.trim() || '[]') as readonly Shown[];
}

function hasClsact(ifindex: number): boolean {
  return tc('qdisc', 'show', 'dev', `if${ifindex}`).some(({ kind }) => kind === 'clsact');
}

function hasFilters(ifindex: number): boolean {
  return ['ingress', 'egress'].some((side) => tc('filter', 'show', 'dev', `if${ifindex}`, side).length > 0);
}
