import type { Direction } from './constants.ts';
import { tcxAttachType } from './link.ts';
import { Struct } from './struct.ts';
import { bpf, BpfCommand } from './syscall.ts';

/** A program in a TCX chain; `linkId` is 0 where it was attached without a link. */
export interface TcxEntry {
  readonly progId: number;
  readonly linkId: number;
}

const MAX_CHAIN = 64;

/** The programs of an interface's TCX chain in the order they run (kernel 6.6; EINVAL before). */
export function tcxQuery(ifindex: number, direction: Direction): TcxEntry[] {
  const programs = new Struct(MAX_CHAIN * 4);
  const links = new Struct(MAX_CHAIN * 4);
  // union bpf_attr, query
  const query = new Struct(64).setU32(0, ifindex).setU32(4, tcxAttachType(direction));
  query.point(16, programs.bytes).setU32(24, MAX_CHAIN).point(40, links.bytes);
  bpf(`bpf(BPF_PROG_QUERY, tcx ${direction} of ifindex ${ifindex})`, BpfCommand.PROG_QUERY, query);
  return Array.from({ length: query.u32(24) }, (_, i) => ({ progId: programs.u32(i * 4), linkId: links.u32(i * 4) }));
}
