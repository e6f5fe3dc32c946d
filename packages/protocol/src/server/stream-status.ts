import type { ResourceProblem } from '../change.ts';
import type { ResourceId } from '../resource.ts';

export type StreamEvent =
  | { readonly kind: 'connected'; readonly node: string; readonly agentVersion: string; readonly instance: string }
  | { readonly kind: 'disconnected'; readonly node: string; readonly reason: string }
  | {
      readonly kind: 'acked';
      readonly node: string;
      readonly upserts: number;
      readonly removals: number;
      readonly traceparent: string;
    }
  | {
      readonly kind: 'refused';
      readonly node: string;
      readonly errors: readonly ResourceProblem[];
      readonly traceparent: string;
    };

export interface StreamStatus {
  readonly node: string;
  readonly agentVersion: string;
  readonly instance: string;
  /** The agent enforces all that is wanted, but for `rejected`. */
  readonly inSync: boolean;
  /** Deltas written and not acknowledged; never over MAX_UNACKED. */
  readonly unacked: number;
  /** Their octets. */
  readonly unackedBytes: number;
  /** What the agent refused and is not sent again until it changes. */
  readonly rejected: readonly ResourceId[];
}
