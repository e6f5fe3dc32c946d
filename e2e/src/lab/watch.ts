import { type EndpointStatus, type Event, EventKind, ObserverClient, Verdict } from '@namewall/protocol';
import { until } from './until.ts';

/** What an agent has reported of one pod. */
export interface Reported {
  readonly refusedQueries: number;
  readonly deniedPackets: number;
  readonly audited: number;
  /** Events that came too fast for this observer. */
  readonly lost: number;
}

type Counts = NonNullable<EndpointStatus['counts']>;

/** An observer of one pod at the agent's socket: keeps every event of it. */
export class Watch implements Disposable {
  readonly #client: ObserverClient;
  readonly #pod: string;
  readonly #stop = new AbortController();
  readonly events: Event[] = [];

  constructor(socket: string, pod: string) {
    this.#client = new ObserverClient(`unix:${socket}`);
    this.#pod = pod;
    void this.#read();
  }

  /** Waits until the agent reports what this does, done again and again. */
  async ready(refused: () => Promise<unknown>): Promise<void> {
    await until('the first event', async () => {
      await refused();
      return this.events.length > 0;
    });
  }

  get reported(): Reported {
    const refused = this.events.filter(({ verdict }) => verdict === Verdict.VERDICT_REFUSED);
    const refusedQueries = refused.filter(({ kind }) => kind === EventKind.EVENT_KIND_QUERY).length;
    return {
      refusedQueries,
      deniedPackets: refused.length - refusedQueries,
      audited: this.events.filter(({ verdict }) => verdict === Verdict.VERDICT_AUDIT).length,
      lost: this.events.reduce((sum, { lost }) => sum + Number(lost), 0),
    };
  }

  /** How many of the events are no pass. */
  get refusals(): number {
    const { refusedQueries, deniedPackets, audited } = this.reported;
    return refusedQueries + deniedPackets + audited;
  }

  /** The kernel's counts of the pod. */
  async counts(): Promise<Record<'queries' | 'refused' | 'denied' | 'auditDenied', number>> {
    for await (const { counts } of this.#client.endpoints({ filter: { name: this.#pod } })) {
      if (counts) return numbers(counts);
    }
    throw new Error(`the agent has no endpoint ${this.#pod}`);
  }

  async #read(): Promise<void> {
    const request = { filter: { name: this.#pod } };
    for await (const event of this.#client.observe(request, this.#stop.signal)) this.events.push(event);
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#client[Symbol.dispose]();
  }
}

const numbers = ({ queries, refused, denied, auditDenied }: Counts) => ({
  queries: Number(queries),
  refused: Number(refused),
  denied: Number(denied),
  auditDenied: Number(auditDenied),
});
