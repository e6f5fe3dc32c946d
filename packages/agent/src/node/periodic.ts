/** Work that is done again and again, or once a while after it was asked for; never twice at a time. */
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';

/** Milliseconds in which news that come together are one. */
const MOMENT = 10;

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

  /** Runs it now, or once more after the run that is under way. What asks in a moment asks for the same run. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#asked = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#schedule(MOMENT);
  }

  /** Waits for a run that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, milliseconds);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    this.#asked = false;
    try {
      await this.#work();
    } catch (error) {
      this.#log.error('periodic work failed, done again later', { work: this.#what, error: messageOf(error) });
    }
    this.#busy = false;
    this.#next();
  }

  #next(): void {
    if (this.#asked) this.soon();
    else if (this.#repeat) this.once();
  }
}
