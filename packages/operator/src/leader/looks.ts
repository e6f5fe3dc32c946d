import type { Clock } from './clock.ts';

export interface LooksOptions {
  readonly clock: Clock;
  /** Milliseconds from a change to the look at it: what comes with it is seen together. */
  readonly settle: number;
  /** Milliseconds between two looks. */
  readonly every: number;
  /** @returns whether all of what it found to do is done; if not, there is another look without a change */
  readonly look: (signal: AbortSignal) => Promise<boolean>;
}

/** Looks at what has changed: soon after a change, and never too often. */
export class Looks {
  readonly #options: LooksOptions;
  #dirty = true;
  #wake: () => void = () => undefined;

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** There may be something to see. */
  changed(): void {
    this.#dirty = true;
    this.#wake();
  }

  /** Until the signal aborts; the first look needs no change. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, settle, every, look } = this.#options;
    while (!signal.aborted) {
      if (!this.#dirty) await this.#woken(signal);
      await clock.sleep(settle, signal);
      this.#dirty = false;
      const whole = await look(signal);
      this.#dirty ||= !whole;
      await clock.sleep(every - settle, signal);
    }
  }

  async #woken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#wake = wake;
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    signal.removeEventListener('abort', wake);
  }
}

/** Does it for each item, some at a time. @returns whether all of them were done */
export async function someAtATime<T>(
  items: Iterable<T>,
  width: number,
  signal: AbortSignal,
  work: (item: T) => Promise<boolean>,
): Promise<boolean> {
  const left = items[Symbol.iterator]();
  let whole = true;
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      if (signal.aborted) {
        whole = false;
        return;
      }
      whole = (await work(next.value)) && whole;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return whole;
}
