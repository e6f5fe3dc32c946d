import { type BpfMap, BpfProgram, LibbpfError, ProgramType } from '@namewall/libbpf';
import { DatapathError } from '../errors.ts';
import { dropQdiscs, filtersBefore, raiseFilter, removeFilter, setFilter, standsFilter } from './clsact.ts';
import { DIRECTIONS, type HookKind } from './list.ts';
import { describePlace, type Place, samePlace } from './place.ts';
import { readRecord } from './record.ts';
import { isFirstLink, isWithoutTcx, readLink, removeLink, setLink } from './tcx.ts';
import { type Direction, trampoline } from './trampoline.ts';

/** How hooks are set: TCX where the kernel has it, else clsact; or one of them by force. */
export type HookMethod = 'auto' | HookKind;

/** A hook as it was found or set. */
export interface SetHook {
  readonly direction: Direction;
  readonly kind: HookKind;
  readonly place: Place;
  /** It stood there already, before all others. */
  readonly kept: boolean;
}

/** The two ends of a cable; `netns` is the path of the pod's network namespace. */
export interface CableEnds {
  readonly netns: string;
  readonly hostIfindex: number;
  readonly podIfindex: number;
}

/** Where net → pod is read: at the host end, or, where a CNI redirects past it, inside the pod. */
export type InboundPlace = 'host' | 'pod';

export function placesOf(ends: CableEnds, inbound: InboundPlace): Readonly<Record<Direction, Place>> {
  return {
    out: { ifindex: ends.hostIfindex, side: 'ingress' },
    in:
      inbound === 'host'
        ? { ifindex: ends.hostIfindex, side: 'egress' }
        : { ifindex: ends.podIfindex, side: 'ingress', netns: ends.netns },
  };
}

/**
 * Sees to it that a trampoline stands at a place, before what others have put there. One that does stays; a link elsewhere goes once
 * the new one stands, a filter elsewhere just before.
 * @throws DatapathError ATTACH
 */
export function ensureHook(
  root: string,
  programs: BpfMap,
  method: HookMethod,
  endpoint: number,
  direction: Direction,
  place: Place,
): SetHook {
  try {
    const stands = standing(root, endpoint, direction, place);
    if (stands !== undefined) return { direction, place, ...stands };
    using program = BpfProgram.load({
      type: ProgramType.SCHED_CLS,
      name: `nw_${direction}`,
      license: 'Dual BSD/GPL',
      insns: trampoline(endpoint, programs.fd, direction),
    });
    return { direction, kind: set(root, method, endpoint, direction, program, place), place, kept: false };
  } catch (cause) {
    if (!(cause instanceof LibbpfError)) throw cause;
    throw new DatapathError('ATTACH', `endpoint ${endpoint} at ${describePlace(place)}: ${cause.message}`, { cause });
  }
}

/** The hook that stands at this place already; a filter is moved before the others, a link has to be set anew for that. */
function standing(
  root: string,
  endpoint: number,
  direction: Direction,
  place: Place,
): Pick<SetHook, 'kind' | 'kept'> | undefined {
  const link = readLink(root, endpoint, direction);
  if (link !== undefined && isFirstLink(link, place)) return { kind: 'tcx', kept: true };
  const record = readRecord(root, endpoint, direction);
  if (record === undefined || !samePlace(record.place, place) || !standsFilter(record)) return undefined;
  const kept = filtersBefore(record).length === 0;
  if (!kept) raiseFilter(root, endpoint, direction, record);
  return { kind: 'clsact', kept };
}

function set(
  root: string,
  method: HookMethod,
  endpoint: number,
  direction: Direction,
  program: BpfProgram,
  place: Place,
): HookKind {
  if (method !== 'clsact') {
    try {
      setLink(root, endpoint, direction, program, place);
      dropFilters(root, endpoint, [direction]);
      return 'tcx';
    } catch (error) {
      if (method === 'tcx' || !isWithoutTcx(error)) throw error;
    }
  }
  dropFilters(root, endpoint, [direction]);
  setFilter(root, endpoint, direction, program, place);
  removeLink(root, endpoint, direction);
  return 'clsact';
}

function dropFilters(root: string, endpoint: number, directions: readonly Direction[]): number {
  const records = directions.map((direction) => removeFilter(root, endpoint, direction));
  const found = records.filter((record) => record !== undefined);
  dropQdiscs(found);
  return found.length;
}

/** Removes an endpoint's hooks and counts them. */
export function removeHooks(root: string, endpoint: number): { links: number; filters: number } {
  const links = DIRECTIONS.filter((direction) => removeLink(root, endpoint, direction)).length;
  return { links, filters: dropFilters(root, endpoint, DIRECTIONS) };
}
