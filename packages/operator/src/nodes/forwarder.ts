import { type ClientTls, type NodeReportInput, type Timers, pause, realTimers, sendReports } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { NodeViews } from './node-views.ts';
import { reportOf } from './report.ts';

export interface ForwarderOptions {
  /** Of this replica's own agents. */
  readonly views: NodeViews;
  /** What to connect with now. */
  readonly tls: () => ClientTls;
  readonly log: Log;
  readonly timers?: Timers;
}

/** Nodes in one message of 4 MiB at most: see bounds.ts. */
const BATCH = 2;
/** Milliseconds before another try; doubled up to the second one. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;

/**
 * Tells the leader what our agents have: everything when the connection stands, then nodes that change. What waits is a
 * set of nodes, each told as it is when its turn comes, so it is bounded however often they change.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #timers: Timers;
  #following: AbortController | undefined;
  #address = '';

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
  }

  /** @param address `tls:HOST:PORT` of the leader; '' when there is none, or it is us */
  follow(address: string): void {
    if (address === this.#address) return;
    this.#following?.abort();
    this.#following = undefined;
    this.#address = address;
    if (address === '') return;
    this.#following = new AbortController();
    void this.#run(address, this.#following.signal);
  }

  async #run(address: string, signal: AbortSignal): Promise<void> {
    const { tls, log } = this.#options;
    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      const began = this.#timers.now();
      try {
        await sendReports(address, tls(), this.#batches(signal), signal);
      } catch (error) {
        log.warn('leader takes no reports; tried again', { address, problem: messageOf(error) });
      }
      if (this.#timers.now() - began > LONGEST_WAIT) wait = FIRST_WAIT;
      await pause(this.#timers, wait / 2 + (wait / 2) * Math.random(), signal);
    }
  }

  async *#batches(signal: AbortSignal): AsyncGenerator<readonly NodeReportInput[]> {
    const { views } = this.#options;
    const pending = new Set([...views.all()].map(({ node }) => node));
    let wake = (): void => undefined;
    const end = views.onChange((node) => {
      pending.add(node);
      wake();
    });
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        const nodes = [...pending].slice(0, BATCH);
        for (const node of nodes) pending.delete(node);
        if (nodes.length > 0) {
          yield nodes.map((node) => {
            const view = views.get(node);
            return view === undefined ? { node, gone: true } : reportOf(view);
          });
        } else {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      }
    } finally {
      end();
    }
  }
}
