import { randomUUID } from 'node:crypto';
import type { Apply, ApplyResult } from '../change.ts';
import { ProtocolError } from '../errors.ts';
import type { OperatorMessage__Output } from '../gen/namewall/v1/OperatorMessage.ts';
import type { ResourceType } from '../messages.ts';
import { type HeldVersion, type ResourceId, resourceKey } from '../resource.ts';
import { type Timers, pause, realTimers } from '../timers.ts';
import { PROTOCOL } from '../version.ts';
import { type Assembled, Assembly } from './assembly.ts';
import { type BackoffOptions, DEFAULT_BACKOFF, backoff } from './backoff.ts';
import { type Connection, connect } from './connection.ts';
import { type AgentCredentials, ClientIdentity } from './identity.ts';
import { Renewal } from './renewal.ts';
import { type EndpointReport, EndpointReports } from './endpoint-reports.ts';

export interface PolicyClientOptions {
  /** `unix:/run/namewall/operator.sock` or `tls:HOST:PORT` */
  readonly address: string;
  /** For `tls:`. */
  readonly credentials?: AgentCredentials;
  readonly node: string;
  readonly agentVersion: string;
  /** What the agent's snapshot holds; from then on the client keeps count itself. */
  readonly held: Iterable<HeldVersion>;
  /** Called for one change at a time. What it throws becomes a Nack with reason ApplyFailed. */
  readonly apply: Apply;
  /** Called whenever {@link PolicyClient.state} changes. */
  readonly onState?: (state: PolicyClientState) => void;
  readonly backoff?: BackoffOptions;
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

/** States in one message. */
const REPORTS = 500;

/** The agent's end of the stream: stays connected and hands over one change after another. */
export class PolicyClient {
  readonly #options: PolicyClientOptions;
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #instance = randomUUID();
  readonly #held: Map<string, HeldVersion>;
  readonly #reports = new EndpointReports();
  readonly #renewal: Renewal | undefined;
  #connection: Connection | undefined;
  #reporting = false;
  #state: PolicyClientState;

  constructor(options: PolicyClientOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#random = options.random ?? Math.random;
    const { address, node, credentials } = options;
    const identity = credentials && { address, node, credentials, timers: this.#timers, random: this.#random };
    this.#renewal = identity && new Renewal(new ClientIdentity(identity), this.#timers);
    this.#held = new Map([...options.held].map((held) => [resourceKey(held), held]));
    this.#state = {
      phase: 'stopped',
      since: this.#timers.now(),
      lastError: '',
      failedAttempts: 0,
      operatorVersion: '',
      changesApplied: 0,
      changesRefused: 0,
    };
  }

  get state(): PolicyClientState {
    return this.#state;
  }

  /** Runs until the signal aborts; a change being applied is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#become({ phase: 'connecting' });
      const lastError = await this.#connected(signal);
      const failedAttempts = this.#state.failedAttempts + 1;
      this.#become({ phase: 'waiting', lastError, failedAttempts });
      const wait = backoff(failedAttempts, this.#random(), this.#options.backoff ?? DEFAULT_BACKOFF);
      await pause(this.#timers, wait, signal);
    }
    this.#become({ phase: 'stopped' });
  }

  /** The newest state of each endpoint is sent, again after a reconnect, until {@link forgetEndpoint}. */
  reportEndpoints(states: readonly EndpointReport[]): void {
    this.#reports.add(states);
    void this.#report();
  }

  forgetEndpoint(uid: string): void {
    this.#reports.forget(uid);
  }

  /** @returns why the connection ended. */
  async #connected(signal: AbortSignal): Promise<string> {
    try {
      const tls = await this.#renewal?.identity.tls(signal);
      return signal.aborted ? 'stopped' : await this.#talk(connect(this.#options.address, tls), signal);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'UNAUTHENTICATED') this.#renewal?.identity.forget();
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** @returns why it ended. @throws ProtocolError */
  async #talk(connection: Connection, signal: AbortSignal): Promise<string> {
    const stop = () => connection.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#greet(connection);
      const assembly = new Assembly();
      for await (const message of connection.messages) await this.#receive(message, connection, assembly, signal);
      return 'the operator ended the stream';
    } finally {
      this.#renewal?.end();
      signal.removeEventListener('abort', stop);
      this.#connection = undefined;
      connection.close();
    }
  }

  async #greet(connection: Connection): Promise<void> {
    const { node, agentVersion } = this.#options;
    const { major: protocolMajor, minor: protocolMinor } = PROTOCOL;
    const held = [...this.#held.values()].map(versionMessage);
    await connection.send({ hello: { protocolMajor, protocolMinor, node, agentVersion, instance: this.#instance } });
    await connection.send({ subscribe: { held } });
  }

  async #receive(
    message: OperatorMessage__Output,
    connection: Connection,
    assembly: Assembly,
    signal: AbortSignal,
  ): Promise<void> {
    if (message.welcome) {
      this.#become({ phase: 'syncing', operatorVersion: message.welcome.operatorVersion });
      this.#connection = connection;
      this.#reports.restart();
      void this.#report();
      this.#renewal?.begin((renew) => connection.send({ renew }));
    }
    if (message.renewal) this.#renewal?.answered(message.renewal);
    if (!message.delta) return;
    const change = assembly.add(message.delta);
    const { nonce } = message.delta;
    if (change === undefined) return connection.send({ ack: { nonce } });
    const result = await this.#apply(change, signal);
    if (!result.ok) {
      this.#become({ changesRefused: this.#state.changesRefused + 1 });
      const errors = result.errors.map(({ reason, message: text, ...resource }) => ({
        resource: nameMessage(resource),
        reason,
        message: text,
      }));
      return connection.send({ nack: { nonce, errors } });
    }
    this.#hold(change);
    await connection.send({ ack: { nonce, applied: change.upserts.map(versionMessage) } });
  }

  async #apply(change: Assembled, signal: AbortSignal): Promise<ApplyResult> {
    if (change.problems.length > 0) return { ok: false, errors: change.problems };
    // Nothing to do: the operator's word that all is held.
    if (change.upserts.length + change.removals.length === 0) return { ok: true };
    try {
      return await this.#options.apply(change, signal);
    } catch (error) {
      const message = `${error instanceof Error ? error.message : String(error)}; see the agent's log`;
      return { ok: false, errors: [{ type: 0, name: '', reason: 'ApplyFailed', message }] };
    }
  }

  #hold({ upserts, removals }: Assembled): void {
    for (const { type, name, version } of upserts) this.#held.set(resourceKey({ type, name }), { type, name, version });
    for (const removal of removals) this.#held.delete(resourceKey(removal));
    const some = upserts.length + removals.length > 0 ? 1 : 0;
    this.#become({ phase: 'synced', failedAttempts: 0, changesApplied: this.#state.changesApplied + some });
  }

  /** One writer at a time, as fast as the operator reads. */
  async #report(): Promise<void> {
    if (this.#reporting) return;
    this.#reporting = true;
    for (let connection = this.#connection; connection !== undefined; connection = this.#connection) {
      const states = this.#reports.take(REPORTS);
      if (states.length === 0) break;
      await connection.send({ endpointStates: { states } });
    }
    this.#reporting = false;
  }

  #become(change: Partial<Omit<PolicyClientState, 'since'>>): void {
    const since =
      change.phase === undefined || change.phase === this.#state.phase ? this.#state.since : this.#timers.now();
    this.#state = { ...this.#state, ...change, since };
    this.#options.onState?.(this.#state);
  }
}

/** The generated types list the types we know; what travels may be newer. */
function nameMessage({ type, name }: ResourceId): { type: ResourceType; name: string } {
  return { type: type as ResourceType, name };
}

function versionMessage({ version, ...id }: HeldVersion): { type: ResourceType; name: string; version: Uint8Array } {
  return { ...nameMessage(id), version };
}
