import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import { type KubeApi, hasStatus } from '../kubernetes/api.ts';
import type { Clock } from './clock.ts';
import { ADDRESS_ANNOTATION, type Lease, type Sighting, claimed, isFree, released, sight } from './lease.ts';
import { Term } from './term.ts';

/** Milliseconds. A leader stops `lease - renewDeadline` before anybody else can begin. */
export interface ElectionTimes {
  /** How long others wait for a leader that says nothing; a whole number of seconds. */
  readonly lease: number;
  /** How long a leader that cannot renew goes on. */
  readonly renewDeadline: number;
  readonly retry: number;
}

const ELECTION_TIMES: ElectionTimes = { lease: 15_000, renewDeadline: 10_000, retry: 2_000 };

export interface Leader {
  readonly identity: string;
  /** Where it takes reports; '' = it takes none. */
  readonly address: string;
}

export interface ElectionOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Different for each process, also for one that takes another's place. */
  readonly identity: string;
  /** Where this one would take reports of others. */
  readonly address: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: ElectionTimes;
  /** The leader's work. It ends when the term does, and the Lease is given back only then. */
  readonly lead: (term: Term) => Promise<void>;
  /** Told who leads whenever that changes; undefined: nobody. */
  readonly onLeader?: (leader: Leader | undefined) => void;
}

/**
 * Takes part in the election of one leader until the signal aborts: does the leader's work while it holds the Lease, and
 * gives it back at the end. Never throws: what an API server says or does not say is waited out.
 */
export class Election {
  readonly #options: ElectionOptions;
  readonly #times: ElectionTimes;
  readonly #path: string;
  #sighting: Sighting | undefined;
  #leader: Leader | undefined;
  #failures = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#times = options.times ?? ELECTION_TIMES;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const began = clock.monotonic();
      const lease = await this.#attempt(signal);
      if (lease !== undefined) await this.#hold(lease, began, signal);
      // A little chance, so that candidates do not ask in step.
      await clock.sleep(this.#times.retry * (0.9 + 0.2 * Math.random()), signal);
    }
    this.#tell(undefined);
  }

  /** @returns the Lease, if it is now ours */
  async #attempt(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      const lease = await this.#read(signal);
      this.#failures = 0;
      const now = this.#options.clock.monotonic();
      this.#sighting = sight(this.#sighting, lease, now);
      this.#tell(leaderOf(lease));
      // Ours already: the answer to the call that took it was lost.
      const free = lease.spec?.holderIdentity === this.#options.identity || isFree(lease, this.#sighting, now);
      return free ? await this.#write(this.#claim(lease), signal) : undefined;
    } catch (error) {
      // Another candidate was faster.
      if (!signal.aborted && !hasStatus(error, 409)) this.#complain('lease not read', error);
      return undefined;
    }
  }

  async #hold(first: Lease, began: number, signal: AbortSignal): Promise<void> {
    const { clock, log, identity, lead } = this.#options;
    const term = new Term(this.#options.api, clock, this.#times.renewDeadline, began, signal);
    log.info('leading', { identity });
    this.#tell(leaderOf(first));
    const work = lead(term).catch((error: unknown) => {
      term.end('the work failed');
      log.error('leader work failed', { problem: messageOf(error) });
    });
    const lease = await this.#renew(first, term);
    await work;
    term.end('ended');
    log.info('leading no more', { identity, reason: term.reason });
    if (lease !== undefined) await this.#release(lease);
    this.#tell(undefined);
  }

  /** Renews until the term ends. @returns the Lease as it is then, if it is still ours */
  async #renew(first: Lease, term: Term): Promise<Lease | undefined> {
    const { clock, identity } = this.#options;
    let lease = first;
    for (;;) {
      await clock.sleep(this.#times.retry, term.signal);
      if (!term.holds()) return term.lost ? undefined : lease;
      const began = clock.monotonic();
      try {
        lease = await this.#write(this.#claim(lease), term.signal);
        term.renewed(began);
        this.#failures = 0;
      } catch (error) {
        if (term.signal.aborted) continue;
        if (!hasStatus(error, 409) && !hasStatus(error, 404)) {
          this.#complain('lease not renewed', error);
          continue;
        }
        const now = await this.#read(term.signal).catch(() => undefined);
        if (now === undefined) continue;
        if (now.spec?.holderIdentity !== identity) term.lose('another one holds the lease');
        // Somebody wrote to its metadata.
        lease = now;
      }
    }
  }

  /** After the work has ended; the Lease is left to expire when that cannot be said. */
  async #release(lease: Lease): Promise<void> {
    const { clock, identity, log } = this.#options;
    const { signal } = new AbortController();
    try {
      await this.#write(released(lease, clock.wall()), signal).catch(async (error: unknown) => {
        // A renewal was under way when the term ended.
        const now = hasStatus(error, 409) ? await this.#read(signal) : undefined;
        if (now?.spec?.holderIdentity !== identity) throw error;
        await this.#write(released(now, clock.wall()), signal);
      });
    } catch (error) {
      log.warn('lease not given back', { problem: messageOf(error) });
    }
  }

  #claim(lease: Lease): Lease {
    const { identity, address, clock } = this.#options;
    return claimed(lease, { identity, address, seconds: this.#times.lease / 1000, wall: clock.wall() });
  }

  /** One that is not there is one that nobody holds. */
  async #read(signal: AbortSignal): Promise<Lease> {
    const { api, namespace, name } = this.#options;
    try {
      return await api.request<Lease>('GET', `${this.#path}/${name}`, { signal: this.#deadline(signal) });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } };
    }
  }

  /** Only onto the version that it was made from: a 409 says that somebody else wrote. */
  async #write(lease: Lease, signal: AbortSignal): Promise<Lease> {
    const { api, name } = this.#options;
    const options = { body: lease, signal: this.#deadline(signal) };
    return lease.metadata.resourceVersion === undefined
      ? api.request<Lease>('POST', this.#path, options)
      : api.request<Lease>('PUT', `${this.#path}/${name}`, options);
  }

  /** A call that takes longer is given up in time for another one. */
  #deadline(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#times.renewDeadline / 2)]);
  }

  #tell(leader: Leader | undefined): void {
    if (leader?.identity === this.#leader?.identity && leader?.address === this.#leader?.address) return;
    this.#leader = leader;
    this.#options.onLeader?.(leader);
  }

  #complain(message: string, error: unknown): void {
    this.#options.log[this.#failures++ === 0 ? 'warn' : 'debug'](message, { problem: messageOf(error) });
  }
}

function leaderOf({ spec, metadata }: Lease): Leader | undefined {
  const { holderIdentity: identity = '' } = spec ?? {};
  return identity === '' ? undefined : { identity, address: metadata.annotations?.[ADDRESS_ANNOTATION] ?? '' };
}
