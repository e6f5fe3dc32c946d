import { isDeepStrictEqual } from 'node:util';
import { API_VERSION } from '@namewall/policy';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import { type KubeApi, hasStatus } from '../kubernetes/api.ts';
import type { Clock } from '../leader/clock.ts';
import { Looks, someAtATime } from '../leader/looks.ts';
import type { DesiredIdentity } from './desired.ts';

export interface IdentityWriterOptions {
  /** Calls end with the term of the leader. */
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** By name; no more than are to be written at all. */
  readonly desired: () => ReadonlyMap<string, DesiredIdentity>;
}

type Status = DesiredIdentity['status'];

interface Listed {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly status?: Partial<Status> }[];
}

const PATH = '/apis/namewall.dev/v1alpha1/fqdnidentities';
const MANAGER = 'namewall-operator';
/** Milliseconds. They are for a look now and then. */
const EVERY = 5000;
const SETTLE = 500;
/** Milliseconds after which what there is is asked for again: somebody may have removed some. */
const LIST_AGAIN = 600_000;
const PAGE = '500';
/** Calls under way. */
const WIDTH = 4;
/** Objects written in one look: a thousand new selectors are no storm. */
const AT_ONCE = 200;

/** Keeps an FQDNIdentity for each selector in use, and none for any other, while we lead. */
export class IdentityWriter {
  readonly #options: IdentityWriterOptions;
  readonly #looks: Looks;
  /** What the API server has, by name; undefined status: it has none. */
  #present: Map<string, Status | undefined> | undefined;
  #listed = 0;
  #failing = false;

  constructor(options: IdentityWriterOptions) {
    this.#options = options;
    const look = (signal: AbortSignal) => this.#look(signal);
    this.#looks = new Looks({ clock: options.clock, settle: SETTLE, every: EVERY, look });
  }

  /** Policies or their nodes may be others now. */
  changed(): void {
    this.#looks.changed();
  }

  /** Until the signal aborts. Never throws. */
  run(signal: AbortSignal): Promise<void> {
    return this.#looks.run(signal);
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    const { clock, desired } = this.#options;
    if (this.#present === undefined || clock.monotonic() - this.#listed > LIST_AGAIN) {
      if (!(await this.#try('list', () => this.#list()))) return false;
    }
    const present = this.#present ?? new Map<string, Status | undefined>();
    const wanted = desired();
    const gone = [...present.keys()].filter((name) => !wanted.has(name));
    const due = [...wanted.values()].filter(({ name, status }) => !isDeepStrictEqual(present.get(name), status));
    const work = [...gone.map((name) => () => this.#remove(name)), ...due.map((one) => () => this.#write(one))];
    const now = work.slice(0, AT_ONCE);
    const done = await someAtATime(now, WIDTH, signal, (call) => this.#try('write', call));
    return done && now.length === work.length;
  }

  async #list(): Promise<void> {
    const { api, clock } = this.#options;
    const present = new Map<string, Status | undefined>();
    let next = '';
    do {
      const query = { limit: PAGE, ...(next !== '' && { continue: next }) };
      const { metadata, items } = await api.request<Listed>('GET', PATH, { query });
      for (const { metadata: one, status } of items) present.set(one.name, status && whole(status));
      next = metadata.continue ?? '';
    } while (next !== '');
    this.#present = present;
    this.#listed = clock.monotonic();
  }

  async #write({ name, spec, status }: DesiredIdentity): Promise<void> {
    const object = { apiVersion: API_VERSION, kind: 'FQDNIdentity', metadata: { name } };
    if (this.#present?.has(name) !== true) await this.#apply(`${PATH}/${name}`, { ...object, spec });
    this.#present?.set(name, undefined);
    await this.#apply(`${PATH}/${name}/status`, { ...object, status });
    this.#present?.set(name, status);
  }

  async #apply(path: string, body: object): Promise<void> {
    const query = { fieldManager: MANAGER, force: 'true' };
    await this.#options.api.request('PATCH', path, { body, query, contentType: 'application/apply-patch+yaml' });
  }

  async #remove(name: string): Promise<void> {
    await this.#options.api.request('DELETE', `${PATH}/${name}`).catch((error: unknown) => {
      if (!hasStatus(error, 404)) throw error;
    });
    this.#present?.delete(name);
  }

  async #try(what: string, call: () => Promise<void>): Promise<boolean> {
    const { log } = this.#options;
    try {
      await call();
      if (this.#failing) log.info('identities are written again');
      this.#failing = false;
      return true;
    } catch (error) {
      // Somebody removed it between two looks.
      if (hasStatus(error, 404)) this.#present = undefined;
      if (!this.#failing) log.warn('identity not written', { what, problem: messageOf(error) });
      this.#failing = true;
      return false;
    }
  }
}

function whole({ policies, nodes = 0 }: Partial<Status>): Status {
  return { policies: { count: 0, first: [], ...policies }, nodes };
}
