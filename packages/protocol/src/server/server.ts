import { type ChannelOptions, Server, status } from '@grpc/grpc-js';
import type { ResourceProblem } from '../change.ts';
import { ProtocolError } from '../errors.ts';
import type { EnrolRequest__Output } from '../gen/namewall/v1/EnrolRequest.ts';
import { SERVER_OPTIONS } from '../grpc/options.ts';
import { enrolment, policyStream } from '../grpc/services.ts';
import { shutdown } from '../grpc/shutdown.ts';
import { listenUnix } from '../grpc/unix-socket.ts';
import type { EndpointState } from '../messages.ts';
import type { EncodedResource } from '../resource.ts';
import { type Timers, realTimers } from '../timers.ts';
import { isTls } from '../tls/address.ts';
import { type Enrol, type Enrolled, enrolHandler } from '../tls/enrol.ts';
import { FrontDoor, STRANGER_OPTIONS, type TlsServerOptions } from '../tls/front-door.ts';
import { CONNECTION_LIMITS } from '../tls/limits.ts';
import type { TlsIdentity } from '../tls/listener.ts';
import type { Certified, Peer, PeerOf } from '../tls/peer.ts';
import type { AppliedEndpoints } from './applied.ts';
import { DeltaCache } from './delta-cache.ts';
import { type AgentCall, AgentStream, type StreamHost } from './stream.ts';
import type { StreamEvent, StreamStatus } from './stream-status.ts';
import { type NodeChange, Wanted } from './wanted.ts';

export interface PolicyServerOptions {
  readonly operatorVersion: string;
  /** Streams at the same time; the next one ends with RESOURCE_EXHAUSTED. Default 4,096. */
  readonly maxStreams?: number;
  /** Milliseconds a new stream has for its Hello and Subscribe. Default 10,000. */
  readonly greetingTimeout?: number;
  readonly timers?: Timers;
  /** Milliseconds since 1970; what certificates are held against. Default Date.now. */
  readonly wallClock?: () => number;
  /** What is needed to listen on `tls:`. */
  readonly tls?: TlsServerOptions & {
    readonly enrol?: Enrol;
    /** Services beside the stream, for peers with a client certificate and for those without. */
    readonly addServices?: (known: Server, strangers: Server, peerOf: PeerOf) => void;
  };
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
  readonly #servers: Server[] = [];
  #door: FrontDoor | undefined;
  readonly #wanted = new Map<string, Wanted>();
  readonly #streams = new Set<AgentStream>();
  /** Those that have said Hello. */
  readonly #byNode = new Map<string, AgentStream>();
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
      ended: (stream) => this.#forget(stream),
      timers: this.#timers,
      wallClock: options.wallClock ?? Date.now,
      renew: (request, stream) => this.#renew(request, stream),
    };
  }

  /**
   * @param address `unix:/path`: a socket of mode 0600, replaced only if nobody answers on it; or `tls:HOST:PORT`.
   * @returns the port, 0 without one.
   * @throws ProtocolError BAD_ADDRESS, ADDRESS_IN_USE, NOT_A_SOCKET
   */
  async listen(address: string): Promise<number> {
    if (isTls(address)) return this.#listenTls(address);
    const server = this.#server(SERVER_OPTIONS);
    server.addService(policyStream, { Stream: (call: AgentCall) => this.#accept(call) });
    await listenUnix(server, address);
    return 0;
  }

  /** Another certificate and other authorities for handshakes from now on. */
  replaceIdentity(identity: TlsIdentity): void {
    this.#door?.listener.replace(identity);
  }

  /** TLS connections that stand. */
  get connections(): number {
    return this.#door?.listener.connections ?? 0;
  }

  /** What a node is to hold, all of it; the same again changes nothing. Agents of nodes never set are sent nothing. */
  setNode(node: string, resources: readonly EncodedResource[], traceparent = ''): void {
    this.changeNode(
      node,
      this.#wanted.get(node)?.changeTo(resources) ?? { upserts: resources, removals: [] },
      traceparent,
    );
  }

  /** What of it is another one now. The first change to a node is all that it is to hold. */
  changeNode(node: string, change: NodeChange, traceparent = ''): void {
    const known = this.#wanted.get(node);
    const wanted = known ?? new Wanted();
    const changed = wanted.change(change, traceparent);
    if (known !== undefined && changed.length === 0) return;
    this.#wanted.set(node, wanted);
    this.#byNode.get(node)?.want(wanted, changed);
  }

  /** Sends the node nothing more; what it holds stays. */
  removeNode(node: string): void {
    this.#wanted.delete(node);
    this.#byNode.get(node)?.want(undefined, []);
  }

  streams(): StreamStatus[] {
    return [...this.#byNode.values()].map((stream) => stream.status);
  }

  /** How many deltas were encoded, rather than shared with another stream. */
  get deltasEncoded(): number {
    return this.#deltas.encoded;
  }

  /** Ends all streams, frees the socket. */
  async close(): Promise<void> {
    this.#door?.listener.stop();
    for (const stream of this.#streams) stream.end(status.UNAVAILABLE, 'the operator stops');
    await Promise.all(this.#servers.map((server) => shutdown(server, this.#timers)));
    await this.#door?.listener.close();
  }

  #server(options: ChannelOptions): Server {
    const server = new Server(options);
    this.#servers.push(server);
    return server;
  }

  async #listenTls(address: string): Promise<number> {
    const { tls } = this.#options;
    if (tls === undefined) throw new ProtocolError('BAD_ADDRESS', `address ${address}: needs a certificate`);
    const known = this.#server(SERVER_OPTIONS);
    const strangers = this.#server({ ...SERVER_OPTIONS, ...STRANGER_OPTIONS });
    const door = new FrontDoor(tls, known, strangers, this.#timers);
    const peerOf: PeerOf = (call) => door.peer(call);
    known.addService(policyStream, { Stream: (call: AgentCall) => this.#acceptPeer(call, peerOf(call)) });
    strangers.addService(policyStream, { Stream: (call: AgentCall) => this.#acceptPeer(call, peerOf(call)) });
    if (tls.enrol !== undefined) {
      const limits = { ...CONNECTION_LIMITS, ...tls.limits };
      strangers.addService(enrolment, { Enrol: enrolHandler(tls.enrol, peerOf, limits, this.#timers) });
    }
    tls.addServices?.(known, strangers, peerOf);
    this.#door = door;
    return door.listener.listen(address);
  }

  async #renew({ token, csr }: EnrolRequest__Output, stream: AgentStream): Promise<Enrolled | undefined> {
    try {
      return await this.#options.tls?.enrol?.({ token, csr, address: stream.node });
    } catch {
      // Not now: the agent asks again.
      return undefined;
    }
  }

  #acceptPeer(call: AgentCall, { certified, problem }: Peer): void {
    const refuse = (code: status, details: string) => call.emit('error', { code, details });
    if (certified === undefined) {
      return void refuse(status.UNAUTHENTICATED, `${problem || 'no client certificate was shown'}; enrol first`);
    }
    if (certified.role !== 'agent') return void refuse(status.PERMISSION_DENIED, 'the stream is for agents');
    this.#accept(call, certified);
  }

  #accept(call: AgentCall, certified?: Certified): void {
    const stream = new AgentStream(call, this.#host, certified);
    const { maxStreams = 4096, greetingTimeout = 10_000 } = this.#options;
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
    const { node } = stream;
    const other = this.#byNode.get(node);
    this.#byNode.set(node, stream);
    other?.end(status.ABORTED, `another agent of node ${node} has connected`);
  }

  #forget(stream: AgentStream): void {
    this.#streams.delete(stream);
    if (this.#byNode.get(stream.node) === stream) this.#byNode.delete(stream.node);
  }
}
