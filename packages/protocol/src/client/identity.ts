import { X509Certificate } from 'node:crypto';
import { type ServiceError, status } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';
import type { EnrolResponse__Output } from '../gen/namewall/v1/EnrolResponse.ts';
import { enrolment } from '../grpc/services.ts';
import type { Timers } from '../timers.ts';
import { type ClientTls, makeClient } from '../tls/client.ts';
import { newKeyAndRequest } from '../tls/csr.ts';
import { explain } from './connection.ts';

/** How an agent proves its node. Both are asked for each time, so that what is replaced is taken up. */
export interface AgentCredentials {
  /** PEM: authorities of operators' certificates. */
  readonly ca: () => Promise<string>;
  readonly token: () => Promise<string>;
  /** The name that operators' certificates have. */
  readonly serverName?: string;
}

/** A request for a certificate, and the key that stays here. */
export interface Asked {
  readonly key: string;
  readonly token: string;
  readonly csr: Uint8Array;
}

interface Held {
  readonly key: string;
  readonly certificate: string;
  /** `timers.now()` when it came. */
  readonly since: number;
  /** Milliseconds that it is good for, by the operator's clock: ours may be off. */
  readonly lifetime: number;
}

export interface IdentityOptions {
  readonly address: string;
  readonly node: string;
  readonly credentials: AgentCredentials;
  readonly timers: Timers;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Milliseconds for an enrolment. */
const DEADLINE = 10_000;
/** Of a certificate's lifetime, when another one is asked for; and so much later at random. */
const RENEW_AT = 0.6;
const SPREAD = 0.2;
/** Of its lifetime, when it is not shown any more. */
const GOOD_FOR = 0.9;
/** Of its lifetime, the wait after a renewal that came to nothing. */
const AGAIN_AFTER = 0.05;
/** Milliseconds, however short the lifetime is. */
const LEAST = 5_000;

/** The agent's client certificate; its key is only ever in this process. */
export class ClientIdentity {
  readonly #options: IdentityOptions;
  #held: Held | undefined;
  /** Authorities that the operator told, and what the file said then: another file has the last word. */
  #told: { readonly ca: string; readonly bundle: string } | undefined;

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  /**
   * What a connection is made with; enrols when there is no certificate that is good.
   * @throws ProtocolError UNAUTHENTICATED, UNAVAILABLE; what credentials throw
   */
  async tls(signal: AbortSignal): Promise<ClientTls> {
    const { timers, credentials } = this.#options;
    const held = this.#held;
    if (held === undefined || timers.now() >= held.since + held.lifetime * GOOD_FOR) await this.#enrol(signal);
    return { ca: await this.#authorities(), identity: this.#held, serverName: credentials.serverName };
  }

  /** The operator does not take it: the next connection enrols. */
  forget(): void {
    this.#held = undefined;
  }

  /** Milliseconds until another certificate is to be asked for. @param failed that was tried and came to nothing */
  renewIn(failed: boolean): number {
    if (this.#held === undefined) return LEAST;
    const { timers, random } = this.#options;
    const { since, lifetime } = this.#held;
    if (failed) return Math.max(LEAST, lifetime * AGAIN_AFTER * (1 + random()));
    return Math.max(LEAST, since + lifetime * (RENEW_AT + SPREAD * random()) - timers.now());
  }

  async ask(): Promise<Asked> {
    const { key, csr } = await newKeyAndRequest(this.#options.node);
    return { key, csr, token: (await this.#options.credentials.token()).trim() };
  }

  /** @throws ProtocolError BAD_MESSAGE when it is no certificate */
  accept({ key }: Asked, { certificate, caBundle }: EnrolResponse__Output, ca: string): void {
    let leaf: X509Certificate;
    try {
      leaf = new X509Certificate(certificate);
    } catch (cause) {
      throw new ProtocolError('BAD_MESSAGE', 'the operator sent what is no certificate; upgrade it', { cause });
    }
    const lifetime = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
    this.#held = { key, certificate, since: this.#options.timers.now(), lifetime };
    this.#told = { ca, bundle: caBundle };
  }

  /** What the file says now. */
  authority(): Promise<string> {
    return this.#options.credentials.ca();
  }

  async #authorities(): Promise<string> {
    const ca = await this.authority();
    return this.#told?.ca === ca ? `${ca}\n${this.#told.bundle}` : ca;
  }

  async #enrol(signal: AbortSignal): Promise<void> {
    const asked = await this.ask();
    const ca = await this.authority();
    const { address, credentials } = this.#options;
    const client = makeClient(address, { ca: await this.#authorities(), serverName: credentials.serverName });
    const { promise, resolve, reject } = Promise.withResolvers<EnrolResponse__Output>();
    const { path, requestSerialize, responseDeserialize } = enrolment.Enrol;
    const request = { token: asked.token, csr: asked.csr };
    const deadline = { deadline: Date.now() + DEADLINE };
    const done = (error: ServiceError | null, response?: EnrolResponse__Output) => {
      if (response === undefined) reject(refused(error));
      else resolve(response);
    };
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, deadline, done);
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      this.accept(asked, await promise, ca);
    } finally {
      signal.removeEventListener('abort', cancel);
      client.close();
    }
  }
}

function refused(error: ServiceError | null): ProtocolError {
  const code = error?.code === status.UNAUTHENTICATED ? 'UNAUTHENTICATED' : 'UNAVAILABLE';
  return new ProtocolError(code, `enrolment: ${explain(error)}`, { cause: error });
}
