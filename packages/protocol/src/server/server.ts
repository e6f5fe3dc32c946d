import { Server, status } from '@grpc/grpc-js';
import type { ResourceProblem } from '../change.ts';
import { SERVER_OPTIONS } from '../grpc/options.ts';
import { policyStream } from '../grpc/services.ts';
import { shutdown } from '../grpc/shutdown.ts';
import { listenUnix } from '../grpc/unix-socket.ts';
import type { EndpointState } from '../messages.ts';
import type { EncodedResource } from '../resource.ts';
import { type Timers, realTimers } from '../timers.ts';
import type { AppliedEndpoints } from './applied.ts';
import { DeltaCache } from './delta-cache.ts';
import { sameContent, wantedOf } from './difference.ts';
import type { WantedState } from './progress.ts';
import { type AgentCall, AgentStream, type StreamHost } from './stream.ts';
import type { StreamEvent, StreamStatus } from './stream-status.ts';

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
  /** Called when an agent's stream begins, with all of it, and for each change that it then acknowledges. */
  readonly onApplied?: (node: string, endpoints: AppliedEndpoints) => void;
  /** Called with all that an agent refuses whenever that changes. */
  readonly onRejected?: (node: string, problems: readonly ResourceProblem[]) => void;
}

/** The operator's end of the stream: brings every agent to what its node is wanted to hold. */
export class PolicyServer {
  readonly #options: PolicyServerOptions;
  readonly #timers: Timers;
  readonly #server = new Server(SERVER_OPTIONS);
  readonly #wanted = new Map<string, WantedState>();
  readonly #streams = new Set<AgentStream>();
  readonly #deltas = new DeltaCache();
  readonly #host: StreamHost;

  constructor(options: PolicyServerOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#host = {
      operatorVersion: options.operatorVersion,
      deltas: this.#deltas,
      greeted: (stream) => this.#replace(stream),
      wantedBy: (node) => this.#wanted.get(node),
      event: (event) => options.onEvent?.(event),
      endpointStates: (node, states) => options.onEndpointStates?.(node, states),
      applied: (node, endpoints) => options.onApplied?.(node, endpoints),
      rejected: (node, problems) => options.onRejected?.(node, problems),
      ended: (stream) => this.#streams.delete(stream),
    };
    this.#server.addService(policyStream, { Stream: (call: AgentCall) => this.#accept(call) });
  }

  /** @param address `unix:/path`: a socket of mode 0600, replaced only if nobody answers on it. */
  async listen(address: string): Promise<void> {
    await listenUnix(this.#server, address);
  }

  /** What a node is to hold, all of it; the same again changes nothing. Agents of nodes never set are sent nothing. */
  setNode(node: string, resources: readonly EncodedResource[], traceparent = ''): void {
    const wanted = { resources: wantedOf(resources), traceparent };
    if (sameContent(this.#wanted.get(node)?.resources, wanted.resources)) return;
    this.#wanted.set(node, wanted);
    this.#push(node, wanted);
  }

  /** Sends the node nothing more; what it holds stays. */
  removeNode(node: string): void {
    this.#wanted.delete(node);
    this.#push(node, undefined);
  }

  streams(): StreamStatus[] {
    return [...this.#streams].filter(({ node }) => node !== '').map((stream) => stream.status);
  }

  /** How many deltas were encoded, rather than shared with another stream. */
  get deltasEncoded(): number {
    return this.#deltas.encoded;
  }

  /** Ends all streams, frees the socket. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end(status.UNAVAILABLE, 'the operator stops');
    await shutdown(this.#server, this.#timers);
  }

  #push(node: string, wanted: WantedState | undefined): void {
    for (const stream of this.#streams) if (stream.node === node) stream.want(wanted);
  }

  #accept(call: AgentCall): void {
    const stream = new AgentStream(call, this.#host);
    const { maxStreams = 1024, greetingTimeout = 10_000 } = this.#options;
    if (this.#streams.size >= maxStreams) {
      return stream.end(status.RESOURCE_EXHAUSTED, `${maxStreams} agents are connected, the most that may be`);
    }
    this.#streams.add(stream);
    const cancel = this.#timers.after(greetingTimeout, () => {
      if (!stream.subscribed) stream.end(status.DEADLINE_EXCEEDED, 'neither Hello nor Subscribe came in time');
    });
    call.once('close', cancel);
    call.once('cancelled', cancel);
  }

  /** The newest stream of a node counts: the other one is of an agent that is gone. */
  #replace(stream: AgentStream): void {
    for (const other of this.#streams) {
      if (other !== stream && other.node === stream.node) {
        other.end(status.ABORTED, `another agent of node ${stream.node} has connected`);
      }
    }
  }
}
