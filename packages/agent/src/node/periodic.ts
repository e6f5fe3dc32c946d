/** Work that is done again and again, or once a while after it was asked for; never twice at a time. */
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';

/** Milliseconds in which news that come together are one. */
const MOMENT = 10;
/** Milliseconds from the end of one run to the next, or as long as that took: news that never cease have no more than half of us. */
const REST = 200;

export class Periodic {
  readonly #every: number;
  readonly #log: Log;
  readonly #what: string;
  readonly #work: () => unknown;
  #timer: NodeJS.Timeout | undefined;
  #repeat = false;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  /** Asked for while it ran. */
  #asked = false;
  /** performance.now() before which none begins by news, and of the next run. */
  #restUntil = -Infinity;
  #due = Infinity;
  #stopped = false;

  /** @param every milliseconds from the end of one run to the start of the next */
  constructor(every: number, log: Log, what: string, work: () => unknown) {
    this.#every = every;
    this.#log = log;
    this.#what = what;
    this.#work = work;
  }

  start(): this {
    this.#repeat = true;
    this.once();
    return this;
  }

  /** Runs it once, `every` from now; what asks meanwhile asks for the same run. */
  once(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#schedule(this.#every);
  }

  /** Runs it soon, or once more after the run that is under way. What asks in a moment asks for the same run. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#asked = true;
      return;
    }
    const now = performance.now();
    const due = Math.max(now + MOMENT, this.#restUntil);
    // News that never cease do not put it off.
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#schedule(due - now);
  }

  /** Waits for a run that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    this.#due = performance.now() + milliseconds;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, milliseconds);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    this.#asked = false;
    const began = performance.now();
    try {
      await this.#work();
    } catch (error) {
      this.#log.error('periodic work failed, done again later', { work: this.#what, error: messageOf(error) });
    }
    this.#busy = false;
    this.#restUntil = performance.now() + Math.max(REST, performance.now() - began);
    this.#next();
  }

  #next(): void {
    if (this.#asked) this.soon();
    else if (this.#repeat) this.once();
  }
}
