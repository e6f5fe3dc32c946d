import type { EndpointState } from '../messages.ts';
import type { EncodedResource, ResourceId } from '../resource.ts';
import type { ResourceProblem } from '../change.ts';
import type { Timers } from '../timers.ts';

export interface PolicyServerOptions {
  readonly operatorVersion: string;
  /** Streams at the same time; the next one ends with RESOURCE_EXHAUSTED. Default 1,024. */
  readonly maxStreams?: number;
  /** Milliseconds a new stream has for its Hello and Subscribe. Default 10,000. */
  readonly greetingTimeout?: number;
  readonly timers?: Timers;
  /** Called with what happens on streams, for the log. */
  readonly onEvent?: (event: StreamEvent) => void;
  readonly onEndpointStates?: (node: string, states: readonly EndpointState[]) => void;
}

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

/** The operator's end of the stream: brings every agent to what its node is wanted to hold. */
export declare class PolicyServer {
  constructor(options: PolicyServerOptions);
  /** @param address `unix:/path`: a socket of mode 0600, replaced only if nobody answers on it. */
  listen(address: string): Promise<void>;
  /** What a node is to hold, all of it. Agents of nodes never set are sent nothing. */
  setNode(node: string, resources: readonly EncodedResource[], traceparent?: string): void;
  /** Sends the node nothing more; what it holds stays. */
  removeNode(node: string): void;
  streams(): StreamStatus[];
  /** Ends all streams, frees the socket. */
  close(): Promise<void>;
}
