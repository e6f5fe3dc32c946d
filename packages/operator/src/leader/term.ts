import type { CallOptions, KubeApi, Method } from '../kubernetes/api.ts';
import { KubeError } from '../kubernetes/api.ts';
import type { Clock } from './clock.ts';

/**
 * The time in which one process leads. Whatever it does goes through this API: calls are refused as soon as it may lead
 * no more, also in a process that was stopped meanwhile and does not know it yet, and what is under way is given up.
 */
export class Term implements KubeApi {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #renewDeadline: number;
  readonly #over = new AbortController();
  readonly #release: () => void;
  #renewed: number;
  #timer: NodeJS.Timeout | undefined;
  #reason = '';
  #lost = false;

  /**
   * @param renewDeadline milliseconds after which a term that is not renewed is over
   * @param began when the call that took the Lease began, on the monotonic clock
   * @param signal ends the term, as planned
   */
  constructor(api: KubeApi, clock: Clock, renewDeadline: number, began: number, signal: AbortSignal) {
    this.#api = api;
    this.#clock = clock;
    this.#renewDeadline = renewDeadline;
    this.#renewed = began;
    const end = (): void => this.end('asked to stop');
    signal.addEventListener('abort', end, { once: true });
    this.#release = () => signal.removeEventListener('abort', end);
    if (signal.aborted) end();
    else this.#watch();
  }

  /** Aborts when the term is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Why it is over; '' while it is not. */
  get reason(): string {
    return this.#reason;
  }

  /** It is over since somebody else may lead. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether it is certain that nobody else leads. */
  holds(): boolean {
    if (!this.signal.aborted && this.#left() <= 0) this.lose('the lease could not be renewed in time');
    return !this.signal.aborted;
  }

  /** @param began when the call that renewed the Lease began: others count from no earlier */
  renewed(began: number): void {
    this.#renewed = began;
  }

  end(reason: string): void {
    if (this.signal.aborted) return;
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#release();
    this.#over.abort();
  }

  lose(reason: string): void {
    this.#lost ||= !this.signal.aborted;
    this.end(reason);
  }

  /** @throws KubeError NotLeading, besides those of the API server */
  async request<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    if (!this.holds()) throw new KubeError(0, 'NotLeading', `no more the leader: ${this.#reason}`);
    const signal = options.signal === undefined ? this.signal : AbortSignal.any([this.signal, options.signal]);
    return this.#api.request<T>(method, path, { ...options, signal });
  }

  #left(): number {
    return this.#renewed + this.#renewDeadline - this.#clock.monotonic();
  }

  #watch(): void {
    const left = this.#left();
    if (left <= 0) this.lose('the lease could not be renewed in time');
    else this.#timer = setTimeout(() => this.#watch(), left);
  }
}
