import { isDeepStrictEqual } from 'node:util';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import { type KubeApi, hasStatus } from '../kubernetes/api.ts';
import type { Clock } from '../leader/clock.ts';
import { microTime } from '../leader/lease.ts';
import { Looks, someAtATime } from '../leader/looks.ts';
import { eventsOf, eventsPath } from './events.ts';
import type { PolicyFacts, PolicyObject } from './facts.ts';
import { type Condition, type PolicyStatus, statusOf } from './status-of.ts';

export interface StatusWriterOptions {
  /** Calls end with the term of the leader. */
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** This replica, in events. */
  readonly identity: string;
  /** What is known of every policy. */
  readonly facts: () => readonly PolicyFacts[];
  /** The status that the API server has of it, as it was seen last. */
  readonly present: (object: PolicyObject) => unknown;
}

/** A condition as it is written. */
type Written = Condition & { readonly observedGeneration: number; readonly lastTransitionTime: string };
type WrittenStatus = Omit<PolicyStatus, 'conditions'> & {
  readonly observedGeneration: number;
  readonly conditions: readonly Written[];
};

/** Milliseconds between two looks at what has changed: no object is written more often. */
const EVERY = 2000;
/** Milliseconds from a change to the first look at it: what comes with it is seen together. */
const SETTLE = 300;
/** Calls under way. */
const WIDTH = 4;
/** The field manager. */
const MANAGER = 'namewall-operator';

/**
 * Keeps the status of every policy what it is to be, while we lead: by server-side apply, of those alone that say
 * something else, each once in {@link EVERY}. What it cannot write it tries again at the next look.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #looks: Looks;
  #failing = false;
  /** What we wrote and have not seen yet, by UID. */
  readonly #sent = new Map<string, { readonly seen: unknown; readonly status: WrittenStatus }>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const look = (signal: AbortSignal) => this.#look(signal);
    this.#looks = new Looks({ clock: options.clock, settle: SETTLE, every: EVERY, look });
  }

  /** Something that a status may follow from is another one now. */
  changed(): void {
    this.#looks.changed();
  }

  /** Until the signal aborts. Never throws. */
  run(signal: AbortSignal): Promise<void> {
    return this.#looks.run(signal);
  }

  /** @returns whether all of it is written */
  async #look(signal: AbortSignal): Promise<boolean> {
    const all = this.#options.facts();
    const uids = new Set(all.map(({ object }) => object.uid));
    for (const uid of this.#sent.keys()) if (!uids.has(uid)) this.#sent.delete(uid);
    const due = all.flatMap((facts) => this.#due(facts) ?? []);
    return someAtATime(due, WIDTH, signal, (one) => this.#write(one));
  }

  /** What is to be written; undefined: the API server has it. */
  #due(facts: PolicyFacts): Due | undefined {
    const { object } = facts;
    const seen = this.#options.present(object);
    const sent = this.#sent.get(object.uid);
    // What we wrote comes back as something new to see.
    const present = sent !== undefined && sent.seen === seen ? sent.status : seen;
    const status = this.#dated(statusOf(facts), object.generation, present);
    if (isDeepStrictEqual(ours(present), status)) return undefined;
    return { object, before: present, status };
  }

  #dated({ conditions, ...counts }: PolicyStatus, observedGeneration: number, present: unknown): WrittenStatus {
    const before = new Map((ours(present)?.conditions ?? []).map((one) => [one.type, one]));
    const now = this.#options.clock
      .wall()
      .toISOString()
      .replace(/\.\d+Z$/u, 'Z');
    const dated = conditions.map((one) => {
      const earlier = before.get(one.type);
      const lastTransitionTime = earlier?.status === one.status ? earlier.lastTransitionTime : now;
      return { ...one, observedGeneration, lastTransitionTime };
    });
    return { observedGeneration, conditions: dated, ...counts };
  }

  async #write({ object, before, status }: Due): Promise<boolean> {
    const { api, log, present } = this.#options;
    const { kind, namespace, name, uid } = object;
    // Of that very object: one that has taken its place is another look's matter.
    const metadata = { name, uid, ...(namespace !== '' && { namespace }) };
    const body = { apiVersion: 'namewall.dev/v1alpha1', kind, metadata, status };
    const query = { fieldManager: MANAGER, force: 'true' };
    const seen = present(object);
    try {
      await api.request('PATCH', pathOf(object), { body, query, contentType: 'application/apply-patch+yaml' });
      this.#sent.set(uid, { seen, status });
      await this.#tell(object, ours(before)?.conditions ?? [], status.conditions);
      if (this.#failing) log.info('statuses are written again');
      this.#failing = false;
      return true;
    } catch (error) {
      if (hasStatus(error, 404) || hasStatus(error, 409)) return true;
      if (!this.#failing) log.warn('status not written', { kind, namespace, name, problem: messageOf(error) });
      this.#failing = true;
      return false;
    }
  }

  /** Events are for people who look in time: one that cannot be made is not made later. */
  async #tell(object: PolicyObject, before: readonly Condition[], now: readonly Condition[]): Promise<void> {
    const { api, clock, log, identity } = this.#options;
    for (const body of eventsOf(object, before, now, { time: microTime(clock.wall()), instance: identity })) {
      await api.request('POST', eventsPath(object), { body }).catch((error: unknown) => {
        log.debug('event not made', { problem: messageOf(error) });
      });
    }
  }
}

/** A status to be written, and what there was before. */
interface Due {
  readonly object: PolicyObject;
  readonly before: unknown;
  readonly status: WrittenStatus;
}

function pathOf({ kind, namespace, name }: PolicyObject): string {
  const group = '/apis/namewall.dev/v1alpha1';
  return kind === 'FQDNNetworkPolicy'
    ? `${group}/namespaces/${namespace}/fqdnnetworkpolicies/${name}/status`
    : `${group}/clusterfqdnnetworkpolicies/${name}/status`;
}

const OURS: ReadonlySet<string> = new Set(['Accepted', 'Programmed', 'Effective']);

/** Of a status what is ours, in our order; undefined: it has nothing of it. */
function ours(status: unknown): WrittenStatus | undefined {
  if (typeof status !== 'object' || status === null) return undefined;
  const { conditions = [], observedGeneration = 0, identities = 0, pods, nodes } = status as Partial<WrittenStatus>;
  return {
    observedGeneration,
    conditions: conditions.filter(({ type }) => OURS.has(type)),
    identities,
    pods: { selected: 0, enforced: 0, ...pods },
    nodes: { desired: 0, programmed: 0, ...nodes },
  };
}
