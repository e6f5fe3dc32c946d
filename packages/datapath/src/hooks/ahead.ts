import type { TcxEntry } from '@namewall/libbpf';
import { privileged } from '@namewall/privileged';
import { chainAt } from './chain.ts';
import { filtersBefore } from './clsact.ts';
import { DIRECTIONS } from './list.ts';
import type { Place } from './place.ts';
import { readRecord } from './record.ts';
import { isWithoutTcx, readLink } from './tcx.ts';
import type { Direction } from './trampoline.ts';

/** A program of somebody else that sees packets before ours does: where it ends the chain, ours sees nothing. */
export interface Ahead {
  readonly direction: Direction;
  /** In the kernel. */
  readonly programId: number;
  readonly program: string;
}

/**
 * What stands before an endpoint's hooks, in the order it runs.
 * @param netns the path of the pod's network namespace, where hooks inside the pod are looked for
 */
export function programsAhead(root: string, endpoint: number, netns: string): Ahead[] {
  return DIRECTIONS.flatMap((direction) =>
    idsAhead(root, endpoint, direction, netns).map((programId) => ({
      direction,
      programId,
      program: privileged().programName(programId) ?? '',
    })),
  );
}

function idsAhead(root: string, endpoint: number, direction: Direction, netns: string): number[] {
  const link = readLink(root, endpoint, direction);
  if (link !== undefined && link.ifindex !== 0) {
    const { ifindex, side, linkId } = link;
    // Only inside the pod is net → pod read as it comes in.
    const inside = direction === 'in' && side === 'ingress';
    const chain = tcxAt({ ifindex, side, ...(inside && { netns }) });
    const own = chain.findIndex((entry) => entry.linkId === linkId);
    return chain.slice(0, Math.max(own, 0)).map(({ progId }) => progId);
  }
  const record = readRecord(root, endpoint, direction);
  if (record === undefined) return [];
  return [...tcxAt(record.place).map(({ progId }) => progId), ...filtersBefore(record)];
}

/** A whole TCX chain runs before clsact's filters. */
function tcxAt(place: Place): TcxEntry[] {
  try {
    return chainAt(place).tcx();
  } catch (error) {
    if (isWithoutTcx(error)) return [];
    throw error;
  }
}
