import { type BpfProgram, LibbpfError } from '@namewall/libbpf';
import { privileged } from '@namewall/privileged';
import { DatapathError } from '../errors.ts';
import { type Chain, chainAt } from './chain.ts';
import { describePlace, type Place } from './place.ts';
import { type FilterRecord, openRecorded, readRecord, removeRecord, writeRecord } from './record.ts';
import type { Direction } from './trampoline.ts';

/** Our place in a clsact chain: a handle that others do not use ("NW"). */
const FILTER = 0x4e57;
/** Where ours stands a second time while it is moved. */
const MOVING = 0x4e58;

/** Names of our trampolines; what else has our handle is somebody else's. */
const OURS: ReadonlySet<string> = new Set(['nw_out', 'nw_in']);

/** Whether a recorded filter still stands. */
export function standsFilter({ place, programId }: FilterRecord): boolean {
  return reach(place, (chain) => chain.filter(FILTER)) === programId;
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
  const chain = chainAt(place);
  const occupant = chain.filter(FILTER);
  if (occupant !== undefined && !isOurs(occupant)) {
    throw new DatapathError(
      'ATTACH',
      `${describePlace(place)}: program ${occupant} of somebody else has handle 0x${FILTER.toString(16)},` +
        ` priority 1; remove it with tc filter del`,
    );
  }
  const ownQdisc = shared || !chain.hasClsact();
  writeRecord(root, endpoint, direction, program, { place, ownQdisc });
  try {
    chain.setFilter(program, { handle: FILTER, replace: occupant !== undefined });
  } catch (error) {
    const record = removeFilter(root, endpoint, direction);
    if (record !== undefined) dropQdiscs([record]);
    throw error;
  }
}

/** Programs of filters that run before ours: of one priority the last that was set is the first that runs. */
export function filtersBefore({ place }: FilterRecord): number[] {
  const filters = reach(place, (chain) => chain.filters()) ?? [];
  const own = filters.findIndex(({ handle }) => handle === FILTER);
  return filters.slice(0, Math.max(own, 0)).map(({ programId }) => programId);
}

/** Puts our filter before those of the same priority that were set later; it stands all the while. */
export function raiseFilter(root: string, endpoint: number, direction: Direction, { place }: FilterRecord): void {
  using program = openRecorded(root, endpoint, direction);
  const chain = chainAt(place);
  clearMoving(chain);
  chain.setFilter(program, { handle: MOVING, replace: false });
  chain.deleteFilter(FILTER);
  chain.setFilter(program, { handle: FILTER, replace: false });
  chain.deleteFilter(MOVING);
}

function clearMoving(chain: Chain): void {
  const occupant = chain.filter(MOVING);
  if (occupant !== undefined && isOurs(occupant)) chain.deleteFilter(MOVING);
}

/** Removes our filter when it still stands, and its record; the record is returned for {@link dropQdiscs}. */
export function removeFilter(root: string, endpoint: number, direction: Direction): FilterRecord | undefined {
  const record = readRecord(root, endpoint, direction);
  if (record !== undefined && standsFilter(record)) {
    reach(record.place, (chain) => chain.deleteFilter(FILTER));
  }
  // Of an agent that ended while it moved its filter.
  if (record !== undefined) reach(record.place, clearMoving);
  removeRecord(root, endpoint, direction);
  return record;
}

/** Deletes the qdiscs that we made, where nobody's filter is left on them. */
export function dropQdiscs(records: readonly FilterRecord[]): void {
  for (const { place, ownQdisc } of records) {
    if (!ownQdisc) continue;
    reach(place, (chain) => chain.hasClsact() && !chain.hasFilters() && chain.deleteClsact());
  }
}

/** No path, no interface; a file that is left where a namespace was mounted (EINVAL, EACCES). */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV', 'EINVAL', 'EACCES']);

/** Undefined where the namespace or the interface is gone, and with it all that stood there. */
function reach<T>(place: Place, run: (chain: Chain) => T): T | undefined {
  try {
    return run(chainAt(place));
  } catch (error) {
    if (error instanceof LibbpfError && GONE.has(error.code)) return undefined;
    throw error;
  }
}

function isOurs(programId: number): boolean {
  return OURS.has(privileged().programName(programId) ?? '');
}
