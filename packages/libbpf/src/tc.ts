import type { Direction } from './constants.ts';
import { check } from './error.ts';
import { libbpf } from './native.ts';
import type { BpfProgram } from './program.ts';
import { Struct } from './struct.ts';

/** Where a filter stands in its chain: smaller priorities run first. Both from 1; handles are 32 bits, priorities 16. */
export interface TcPlace {
  readonly handle: number;
  readonly priority: number;
}

const INGRESS = 1;
const EGRESS = 2;
const REPLACE = 1;
const EEXIST = -17;
const ENOENT = -2;
const EINVAL = -22;
const ENODEV = -19;

/**
 * Puts a direct-action filter on an interface's clsact qdisc, which is made when it is missing. EEXIST when a filter
 * has this place already, unless `replace` is set.
 */
export function tcAttach(
  program: BpfProgram,
  ifindex: number,
  direction: Direction,
  place: TcPlace & { readonly replace?: boolean },
): void {
  const where = describe(ifindex, direction);
  const created = libbpf().bpf_tc_hook_create(hook(ifindex, direction).bytes);
  if (created !== EEXIST) check(`bpf_tc_hook_create(${where})`, created);
  const filter = options(place)
    .setU32(8, program.fd)
    .setU32(12, place.replace === true ? REPLACE : 0);
  const detail = `handle ${place.handle}, priority ${place.priority}`;
  check(`bpf_tc_attach(${where})`, libbpf().bpf_tc_attach(hook(ifindex, direction).bytes, filter.bytes), detail);
}

/** Removes the filter of this place; false when there is none. The qdisc stays. */
export function tcDetach(ifindex: number, direction: Direction, place: TcPlace): boolean {
  if (tcQuery(ifindex, direction, place) === undefined) return false;
  const result = libbpf().bpf_tc_detach(hook(ifindex, direction).bytes, options(place).bytes);
  if (result === ENOENT) return false;
  check(`bpf_tc_detach(${describe(ifindex, direction)})`, result);
  return true;
}

/** The id of the program at this place; undefined when there is no filter, no qdisc or no such interface. */
export function tcQuery(ifindex: number, direction: Direction, place: TcPlace): number | undefined {
  const found = options(place);
  const result = libbpf().bpf_tc_query(hook(ifindex, direction).bytes, found.bytes);
  if (result === ENOENT || result === EINVAL || result === ENODEV) return undefined;
  check(`bpf_tc_query(${describe(ifindex, direction)})`, result);
  return found.u32(16);
}

/** Deletes the clsact qdisc with all filters on it, whoever's they are. Nothing else here does. */
export function tcDeleteQdisc(ifindex: number): boolean {
  const both = hook(ifindex, 'ingress').setU32(12, INGRESS | EGRESS);
  const result = libbpf().bpf_tc_hook_destroy(both.bytes);
  if (result === ENOENT || result === EINVAL) return false;
  check(`bpf_tc_hook_destroy(ifindex ${ifindex})`, result);
  return true;
}

function hook(ifindex: number, direction: Direction): Struct {
  // struct bpf_tc_hook
  return new Struct(24, true).setU32(8, ifindex).setU32(12, direction === 'ingress' ? INGRESS : EGRESS);
}

function options({ handle, priority }: TcPlace): Struct {
  return new Struct(32, true).setU32(20, handle).setU32(24, priority); // struct bpf_tc_opts
}

function describe(ifindex: number, direction: Direction): string {
  return `${direction} of ifindex ${ifindex}`;
}
