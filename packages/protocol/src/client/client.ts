import type { Apply } from '../change.ts';
import type { EndpointStateInput } from '../messages.ts';
import type { HeldVersion } from '../resource.ts';
import type { Timers } from '../timers.ts';

export interface PolicyClientOptions {
  /** `unix:/run/namewall/operator.sock` */
  readonly address: string;
  readonly node: string;
  readonly agentVersion: string;
  /** What the agent's snapshot holds; from then on the client keeps count itself. */
  readonly held: Iterable<HeldVersion>;
  /** Called for one change at a time. What it throws becomes a Nack with reason ApplyFailed. */
  readonly apply: Apply;
  /** Called whenever {@link PolicyClient.state} changes. */
  readonly onState?: (state: PolicyClientState) => void;
  /** Milliseconds; the n-th wait is a random part of `initial * 2^n`, at most `max`. */
  readonly backoff?: { readonly initial: number; readonly max: number };
  readonly timers?: Timers;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface PolicyClientState {
  readonly phase: 'connecting' | 'syncing' | 'synced' | 'waiting' | 'stopped';
  /** `timers.now()` when the phase began. */
  readonly since: number;
  /** Why the last connection ended; empty when none did. */
  readonly lastError: string;
  /** Connections that ended since it was last synced. */
  readonly failedAttempts: number;
  readonly operatorVersion: string;
  readonly changesApplied: number;
  readonly changesRefused: number;
}

/** The agent's end of the stream: stays connected and hands over one change after another. */
export declare class PolicyClient {
  constructor(options: PolicyClientOptions);
  get state(): PolicyClientState;
  /** Runs until the signal aborts; a change being applied is waited for. */
  run(signal: AbortSignal): Promise<void>;
  /** The newest state of each endpoint is sent, again after a reconnect, until {@link forgetEndpoint}. */
  reportEndpoints(states: readonly (EndpointStateInput & { uid: string })[]): void;
  forgetEndpoint(uid: string): void;
}
