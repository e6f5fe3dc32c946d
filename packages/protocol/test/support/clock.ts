import type { Timers } from '@namewall/protocol';

/** Time that passes when the test says so. */
export class Clock implements Timers {
  #now = 0;
  readonly #start = Date.now();
  readonly #waiting = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  readonly wallClock = (): number => this.#start + this.#now;

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  /** Milliseconds until each waiting timer. */
  get waits(): number[] {
    return [...this.#waiting].map(({ at }) => at - this.#now).toSorted((a, b) => a - b);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#waiting].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#waiting.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}
