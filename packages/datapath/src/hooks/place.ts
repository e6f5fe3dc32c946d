import { inNetns } from '@namewall/libbpf';

/** A side of an interface, as tc sees it. */
export type Side = 'ingress' | 'egress';

/** Where a hook stands. */
export interface Place {
  readonly ifindex: number;
  readonly side: Side;
  /** Path of the network namespace that holds the interface; absent: the process's own. */
  readonly netns?: string;
}

export const samePlace = (a: Place, b: Place): boolean =>
  a.ifindex === b.ifindex && a.side === b.side && a.netns === b.netns;

/** Runs something where the interface is. */
export function at<T>(place: Place, run: () => T): T {
  return place.netns === undefined ? run() : inNetns(place.netns, run);
}

/** A place in words, for messages. */
export function describePlace({ ifindex, side, netns }: Place): string {
  return `${side} of interface ${ifindex}${netns === undefined ? '' : ` in ${netns}`}`;
}
