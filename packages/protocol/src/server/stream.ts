import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { AgentMessage__Output } from '../gen/namewall/v1/AgentMessage.ts';
import type { Hello__Output } from '../gen/namewall/v1/Hello.ts';
import type { Nack__Output } from '../gen/namewall/v1/Nack.ts';
import type { ResourceProblem } from '../change.ts';
import type { OperatorOctets } from '../grpc/services.ts';
import { MAX_HELD } from '../limits.ts';
import type { EndpointState } from '../messages.ts';
import { resourceKey } from '../resource.ts';
import type { EnrolRequest__Output } from '../gen/namewall/v1/EnrolRequest.ts';
import { type Enrolled, responseOf } from '../tls/enrol.ts';
import type { Certified } from '../tls/peer.ts';
import { TokenBucket } from '../tls/token-bucket.ts';
import { PROTOCOL, versionMismatch } from '../version.ts';
import { type AppliedEndpoints, appliedBy } from './applied.ts';
import type { DeltaCache } from './delta-cache.ts';
import { Lease } from './lease.ts';
import { Progress } from './progress.ts';
import type { Timers } from '../timers.ts';
import type { StreamEvent, StreamStatus } from './stream-status.ts';
import type { Wanted } from './wanted.ts';

export type AgentCall = ServerDuplexStream<AgentMessage__Output, OperatorOctets>;

/** What a stream needs of its server. */
export interface StreamHost {
  readonly operatorVersion: string;
  readonly deltas: DeltaCache;
  /** The agent said Hello and its version fits. */
  greeted(stream: AgentStream): void;
  wantedBy(node: string): Wanted | undefined;
  event(event: StreamEvent): void;
  endpointStates(node: string, states: readonly EndpointState[]): void;
  applied(node: string, endpoints: AppliedEndpoints): void;
  /** All that the agent refuses now. */
  rejected(node: string, problems: readonly ResourceProblem[]): void;
  ended(stream: AgentStream): void;
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Judges a renewal. Undefined: refused, or nobody can renew here. */
  renew(request: EnrolRequest__Output, stream: AgentStream): Promise<Enrolled | undefined>;
}

/** States that an agent may report: all of its node at once, then what changes. */
const REPORTS = { burst: 16_384, perSecond: 1_000 };
const RENEWALS = { burst: 4, perSecond: 1 / 30 };

/** One agent's stream, from Hello to its end. */
export class AgentStream {
  readonly #call: AgentCall;
  readonly #host: StreamHost;
  #hello: Hello__Output | undefined;
  #progress: Progress | undefined;
  /** Why the agent refused what it refused last, and what it still refuses of earlier changes. */
  #problems: readonly ResourceProblem[] = [];
  #synced = false;
  #draining = false;
  #ended = false;
  readonly #certified: Certified | undefined;
  readonly #lease: Lease | undefined;
  readonly #reports: TokenBucket;
  readonly #renewals: TokenBucket;

  /** @param certified who is at the other end of TLS; undefined on a socket that only its owner can open */
  constructor(call: AgentCall, host: StreamHost, certified?: Certified) {
    this.#call = call;
    this.#host = host;
    this.#certified = certified;
    this.#reports = new TokenBucket(REPORTS, host.timers.now());
    this.#renewals = new TokenBucket(RENEWALS, host.timers.now());
    this.#lease = certified && new Lease(certified.notAfter, host, () => this.#expire());
    call.on('data', (message: AgentMessage__Output) => this.#receive(message));
    call.on('drain', () => {
      this.#draining = false;
      this.pump();
    });
    call.on('error', (error: Error) => this.#finish(error.message));
    call.on('cancelled', () => this.#finish('the connection broke or the agent ended it'));
    call.on('end', () => {
      this.#finish('the agent ended the stream');
      call.end();
    });
  }

  /** Empty before Hello. */
  get node(): string {
    return this.#hello?.node ?? '';
  }

  get subscribed(): boolean {
    return this.#progress !== undefined;
  }

  get status(): StreamStatus {
    const unacked = this.#progress?.unacked;
    return {
      node: this.node,
      agentVersion: this.#hello?.agentVersion ?? '',
      instance: this.#hello?.instance ?? '',
      inSync: this.#progress?.inSync ?? false,
      unacked: unacked?.count ?? 0,
      unackedBytes: unacked?.bytes ?? 0,
      rejected: this.#progress?.rejected ?? [],
    };
  }

  /** @param changed keys of what is now another one in what is wanted */
  want(wanted: Wanted | undefined, changed: readonly string[]): void {
    this.#progress?.want(wanted, changed);
    this.#rejects(this.#problems);
    this.pump();
  }

  /** Ends the stream; the agent reads why. */
  end(code: status, details: string): void {
    if (this.#ended) return;
    this.#finish(details);
    this.#call.emit('error', { code, details });
  }

  /** Writes deltas as long as the agent keeps up with them. */
  pump(): void {
    while (!this.#ended && !this.#draining) {
      const next = this.#progress?.next();
      if (next === undefined) return;
      const delta = this.#host.deltas.get(next.chunk, next.traceparent, String(next.place));
      this.#progress?.written(delta, next.chunk);
      this.#draining = !this.#call.write(delta.bytes);
    }
  }

  #finish(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#lease?.end();
    if (this.#hello !== undefined) this.#host.event({ kind: 'disconnected', node: this.node, reason });
    this.#host.ended(this);
  }

  #receive(message: AgentMessage__Output): void {
    if (this.#ended) return;
    if (message.hello) return this.#greet(message.hello);
    // A kind of message that this version does not know says nothing to it.
    if (message.message === undefined) return;
    if (this.#hello === undefined) return this.#protest('the first message must be Hello');
    if (message.subscribe) return this.#subscribe(message.subscribe.held);
    if (message.endpointStates) return this.#reported(message.endpointStates.states);
    if (message.renew) return void this.#renew(message.renew);
    if (message.ack) return this.#acked(message.ack.nonce);
    if (message.nack) this.#refused(message.nack);
  }

  #greet(hello: Hello__Output): void {
    if (this.#hello !== undefined) return this.#protest('Hello was said before');
    if (hello.node === '') return this.#protest('Hello names no node');
    const mismatch = versionMismatch({ major: hello.protocolMajor, minor: hello.protocolMinor }, PROTOCOL);
    if (mismatch !== undefined) return this.end(status.FAILED_PRECONDITION, mismatch);
    if (this.#certified !== undefined && this.#certified.name !== hello.node) {
      const proven = `the client certificate is for node ${this.#certified.name}, Hello names ${hello.node}`;
      return this.end(status.PERMISSION_DENIED, `${proven}; start the agent with --node ${this.#certified.name}`);
    }
    this.#hello = hello;
    this.#host.greeted(this);
    const { node, agentVersion, instance } = hello;
    this.#host.event({ kind: 'connected', node, agentVersion, instance });
    this.#call.write({
      welcome: {
        protocolMajor: PROTOCOL.major,
        protocolMinor: PROTOCOL.minor,
        operatorVersion: this.#host.operatorVersion,
      },
    });
  }

  #subscribe(held: ConstructorParameters<typeof Progress>[0]): void {
    if (this.#progress !== undefined) return this.#protest('Subscribe was said before');
    if (held.length > MAX_HELD) {
      return this.end(status.RESOURCE_EXHAUSTED, `Subscribe names ${held.length} resources, ${MAX_HELD} are the most`);
    }
    this.#progress = new Progress(held, this.#host.wantedBy(this.node));
    this.pump();
    this.#host.applied(this.node, this.#progress.applied);
  }

  #acked(nonce: string): void {
    const change = this.#progress?.ack(nonce);
    if (change !== undefined) {
      const { difference, traceparent } = change;
      const counts = { upserts: difference.upserts.length, removals: difference.removals.length };
      // Before the first Ack, what was wanted may have come after what the agent held.
      const whole = this.#synced ? undefined : this.#progress?.applied;
      this.#synced = true;
      this.#host.applied(this.node, whole ?? appliedBy(difference));
      this.#rejects(this.#problems.filter(({ name }) => name !== ''));
      this.#host.event({ kind: 'acked', node: this.node, ...counts, traceparent });
    }
    this.pump();
  }

  #refused(nack: Nack__Output): void {
    const errors: ResourceProblem[] = nack.errors.map(({ resource, reason, message }) => ({
      type: resource?.type ?? 0,
      name: resource?.name ?? '',
      reason,
      message,
    }));
    const change = this.#progress?.nack(nack.nonce, errors);
    if (change === undefined) return this.#protest('Nack must have the nonce of a delta with complete');
    this.#rejects([...this.#problems, ...errors]);
    this.#host.event({ kind: 'refused', node: this.node, errors, traceparent: change.traceparent });
    this.pump();
  }

  /** Tells what of these problems there still is, when that has changed. */
  #rejects(problems: readonly ResourceProblem[]): void {
    const refused = new Set(this.#progress?.rejected.map(resourceKey));
    const still = new Map<string, ResourceProblem>();
    for (const problem of problems) {
      const key = resourceKey(problem);
      if (problem.name === '' || refused.has(key)) still.set(key, problem);
    }
    const told = this.#problems;
    this.#problems = [...still.values()];
    const same = told.length === still.size && told.every((problem, i) => problem === this.#problems[i]);
    if (!same) this.#host.rejected(this.node, this.#problems);
  }

  #reported(states: readonly EndpointState[]): void {
    if (!this.#reports.take(this.#host.timers.now(), 1 + states.length)) {
      return this.end(status.RESOURCE_EXHAUSTED, 'endpoint states come faster than they are taken');
    }
    this.#host.endpointStates(this.node, states);
  }

  async #renew(request: EnrolRequest__Output): Promise<void> {
    const allowed = this.#renewals.take(this.#host.timers.now());
    const enrolled = allowed ? await this.#host.renew(request, this) : undefined;
    if (this.#ended) return;
    const good = enrolled?.node === this.node ? enrolled : undefined;
    if (good !== undefined) this.#lease?.extend(good.notAfter);
    this.#call.write({ renewal: good === undefined ? {} : { enrolled: responseOf(good) } });
  }

  #expire(): void {
    this.end(status.UNAUTHENTICATED, 'the client certificate has run out; enrol again. What is enforced stays');
  }

  #protest(details: string): void {
    this.end(status.INVALID_ARGUMENT, details);
  }
}
