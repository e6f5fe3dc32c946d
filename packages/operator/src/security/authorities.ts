import { AGENTS, OPERATORS, OPERATOR_NAME, type TlsIdentity, type Timers, pause, realTimers } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import type { PublicKey } from '@peculiar/x509';
import { messageOf } from '../errors.ts';
import { hasStatus } from '../kubernetes/api.ts';
import { type AuthorityStore, type Stored, type StoredAuthority, factsOf } from './authority-store.ts';
import { SecurityError } from './errors.ts';
import { ROTATION_TIMES, type RotationTimes, nextStep } from './rotation.ts';
import { type KeyPair, type Signer, issue, keyPem, newAuthority, newKeys, readSigner } from './x509.ts';

export interface AuthoritiesOptions {
  readonly store: AuthorityStore;
  /** This replica, for people. */
  readonly identity: string;
  readonly log: Log;
  /** Milliseconds that agents' certificates are good for. Default an hour. */
  readonly lifetime?: number;
  readonly times?: RotationTimes;
  readonly timers?: Timers;
  readonly wallClock?: () => number;
}

const HOUR = 3_600_000;
/** Milliseconds that an authority made here is good for. */
const AUTHORITY_LIFETIME = 365 * 24 * HOUR;
/** Of a lifetime, how much earlier it begins: clocks differ. */
const EARLIER = 0.1;
/** Of a lifetime, how much it is made longer or shorter at random: not all agents come back together. */
const JITTER = 0.1;
/** Milliseconds between two looks at what is stored. */
const LOOK = 30_000;
/** Milliseconds between two looks while there is no authority. */
const AGAIN = 2_000;
/** Steps in a row; each is followed by a look. */
const STEPS = 8;

export interface Issued {
  /** PEM, with what stands between it and what is trusted. */
  readonly certificate: string;
  readonly caBundle: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

interface Active {
  readonly signer: Signer;
  readonly stored: StoredAuthority;
}

/** The authority that agents' and operators' certificates come from: read, made when there is none, and rotated. */
export class Authorities {
  readonly #options: AuthoritiesOptions;
  readonly #timers: Timers;
  readonly #wallClock: () => number;
  #active: Active | undefined;
  #trusted: readonly string[] = [];
  /** By PEM, since when it was published as far as this process saw. */
  #published: ReadonlyMap<string, number> = new Map();
  /** What was stored at the last look, and since when. */
  #seen = { key: '', since: 0 };
  #identity: { readonly value: TlsIdentity; readonly renewAt: number; readonly signer: Signer } | undefined;
  #onIdentity: (identity: TlsIdentity) => void = () => undefined;

  constructor(options: AuthoritiesOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#wallClock = options.wallClock ?? Date.now;
  }

  /** Waits until there is an authority. @returns what to listen with; undefined when the signal aborted before */
  async start(signal: AbortSignal): Promise<TlsIdentity | undefined> {
    let said = '';
    while (!signal.aborted) {
      const problem = await this.#begin();
      if (problem === undefined) return this.#identity?.value;
      const { log } = this.#options;
      if (problem !== said) log.warn('no certificate authority yet; tried again until there is', { problem });
      said = problem;
      await pause(this.#timers, AGAIN, signal);
    }
    return undefined;
  }

  async #begin(): Promise<string | undefined> {
    try {
      await this.look();
      const identity = await this.#renewIdentity();
      return identity === undefined ? 'its Secret is not there; create it' : undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Keeps all of it up to date until the signal aborts. */
  async run(onIdentity: (identity: TlsIdentity) => void, signal: AbortSignal): Promise<void> {
    this.#onIdentity = onIdentity;
    const soon = () => pause(this.#timers, LOOK * (0.9 + 0.2 * Math.random()), signal);
    for (await soon(); !signal.aborted; await soon()) {
      try {
        await this.look();
        await this.#renewIdentity();
      } catch (error) {
        this.#options.log.warn('certificate authority not looked at; what there is stays', {
          problem: messageOf(error),
        });
      }
    }
  }

  /** Reads what is stored and does what is due. */
  async look(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const stored = await this.#options.store.read();
      this.#take(stored);
      if (!(await this.#step(stored))) return;
    }
  }

  /** @throws SecurityError NOT_READY */
  async issueForAgent(publicKey: PublicKey, node: string): Promise<Issued> {
    const { lifetime = HOUR } = this.#options;
    const active = this.#signing();
    const now = this.#wallClock();
    const notAfter = Math.round(now + lifetime * (1 + JITTER * (2 * Math.random() - 1)));
    const validity = { notBefore: now - lifetime * EARLIER, notAfter };
    const names = { commonName: node, organization: AGENTS, dnsNames: [] };
    const leaf = await issue(active.signer, { ...names, ...validity, publicKey });
    return { certificate: chain(leaf, active.stored), caBundle: this.#trusted.join('\n'), notAfter };
  }

  #signing(): Active {
    if (this.#active !== undefined) return this.#active;
    throw new SecurityError('NOT_READY', 'there is no certificate authority yet');
  }

  #take(stored: Stored): void {
    const { current, next, published } = stored;
    const key = JSON.stringify([current?.certificate, next?.certificate, published]);
    if (key !== this.#seen.key) this.#seen = { key, since: this.#timers.now() };
    const since = (anchor: string) => this.#published.get(anchor) ?? this.#timers.now();
    this.#published = new Map(published.map((anchor) => [anchor, since(anchor)]));
    if (current === undefined) return;
    const held = this.#active;
    if (held === undefined || (held.stored.certificate !== current.certificate && this.#known(current.anchor))) {
      this.#active = { signer: readSigner(current), stored: current };
    }
    const anchors = [
      held?.stored.anchor ?? current.anchor,
      current.anchor,
      ...(next ? [next.anchor] : []),
      ...published,
    ];
    this.#trusted = [...new Set(anchors)];
    this.#refresh();
  }

  /** Agents have had the time to read of it: also a Secret that somebody else replaced waits for that. */
  #known(anchor: string): boolean {
    const since = this.#published.get(anchor);
    const { propagation } = this.#options.times ?? ROTATION_TIMES;
    return since !== undefined && this.#timers.now() - since >= propagation;
  }

  #unchanged(): number {
    return this.#timers.now() - this.#seen.since;
  }

  /** @returns whether something was written, by us or by somebody who was faster */
  async #step(stored: Stored): Promise<boolean> {
    const { store, log, times } = this.#options;
    const now = this.#wallClock();
    const step = nextStep(
      {
        now,
        owned: stored.owned,
        current: stored.current && factsOf(stored.current),
        next: stored.next && factsOf(stored.next),
        published: stored.published,
        unchanged: this.#unchanged(),
      },
      times,
    );
    if (step.do === 'nothing') return false;
    try {
      if (step.do === 'create') await store.create(await this.#newAuthority(now));
      if (step.do === 'prepare') await store.prepare(stored, await this.#newAuthority(now));
      if (step.do === 'promote') await store.promote(stored);
      if (step.do === 'publish') await store.publish(stored, step.certificates);
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      return true;
    }
    log.info('certificate authority changed', { step: step.do });
    return true;
  }

  #newAuthority(now: number): Promise<KeyPair> {
    const validity = { notBefore: now - HOUR, notAfter: now + AUTHORITY_LIFETIME };
    return newAuthority(`namewall-ca-${new Date(now).toISOString().slice(0, 10)}`, validity);
  }

  /** Whom we believe may have changed. */
  #refresh(): void {
    const held = this.#identity;
    const ca = this.#trusted.join('\n');
    if (held === undefined || held.value.ca === ca) return;
    this.#identity = { ...held, value: { ...held.value, ca } };
    this.#onIdentity(this.#identity.value);
  }

  /** Our own certificate: another one when another authority signs, and long before it ends. */
  async #renewIdentity(): Promise<TlsIdentity | undefined> {
    const active = this.#active;
    if (active === undefined) return undefined;
    const { lifetime = HOUR, identity } = this.#options;
    const held = this.#identity;
    if (held?.signer === active.signer && this.#timers.now() < held.renewAt) return held.value;
    const keys = await newKeys();
    const now = this.#wallClock();
    const certificate = await issue(active.signer, {
      commonName: identity,
      organization: OPERATORS,
      publicKey: keys.publicKey,
      dnsNames: [OPERATOR_NAME],
      notBefore: now - lifetime * EARLIER,
      notAfter: now + lifetime,
    });
    const key = await keyPem(keys.privateKey);
    const value = { key, certificate: chain(certificate, active.stored), ca: this.#trusted.join('\n') };
    this.#identity = { value, renewAt: this.#timers.now() + lifetime / 2, signer: active.signer };
    this.#onIdentity(value);
    return value;
  }
}

/** With the authority itself, when something else above it is what is trusted. */
function chain(leaf: string, { certificate, anchor }: StoredAuthority): string {
  return certificate.includes(anchor) ? leaf : `${leaf}\n${certificate}`;
}
