import type { Direction as Side } from '@namewall/libbpf';

export type { Side };

/** Where a hook stands. */
export interface Place {
  readonly ifindex: number;
  readonly side: Side;
  /** Path of the network namespace that holds the interface; absent: the process's own. */
  readonly netns?: string;
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.ifindex === b.ifindex && a.side === b.side && a.netns === b.netns;

/** A place in words, for messages. */
export function describePlace({ ifindex, side, netns }: Place): string {
  return `${side} of interface ${ifindex}${netns === undefined ? '' : ` in ${netns}`}`;
}
