/** What is kept of an endpoint that is wanted. */
import type { Pod } from '@namewall/datapath';
import type { Endpoint } from '@namewall/protocol';
import type { CableWatch } from './cable-watch.ts';
import { type State, waiting } from './states.ts';

/** Milliseconds until a cable that could not be attached is looked at again; doubles up to the most. */
const RETRY_FIRST = 500;
export const RETRY_MAX = 30_000;

export interface Tracked {
  desired: Endpoint;
  pod: Pod | undefined;
  state: State;
  /** Of what is attached. */
  watch: CableWatch | undefined;
  /** Of attaching, or of keeping it so, one after another. */
  failures: number;
  /** Looks, one after another, at which several namespaces may have been its own. */
  undecided: number;
  /** performance.now() before which it is not tried again. */
  notBefore: number;
  /** Flows older than its selection that live on, and performance.now() before which they are not counted again. */
  grandfathered: bigint;
  countedUntil: number;
}

export function newTracked(desired: Endpoint, pod: Pod | undefined): Tracked {
  return {
    desired,
    pod,
    state: waiting(desired.uid, 'New', 'not looked at yet'),
    watch: undefined,
    failures: 0,
    undecided: 0,
    notBefore: 0,
    grandfathered: 0n,
    countedUntil: 0,
  };
}

export function postpone(tracked: Tracked): void {
  tracked.notBefore = performance.now() + Math.min(RETRY_MAX, RETRY_FIRST * 2 ** tracked.failures++);
}
