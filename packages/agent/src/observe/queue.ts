/** A bounded queue between a producer that never waits and one consumer. What does not fit is counted, never kept. */
export class LossyQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #lost = 0;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(item: T): void {
    if (this.#items.length >= this.#limit) {
      this.#lost++;
      return;
    }
    this.#items.push(item);
    this.#wake?.();
  }

  /** Batches of items, each with how many were lost just before it; ends when the signal aborts. */
  async *drain(signal: AbortSignal): AsyncGenerator<{ readonly items: readonly T[]; readonly lost: number }> {
    const abort = (): void => this.#wake?.();
    signal.addEventListener('abort', abort);
    try {
      for (; !signal.aborted; await this.#more()) {
        while (this.#items.length > 0) {
          const batch = { items: this.#items, lost: this.#lost };
          this.#items = [];
          this.#lost = 0;
          yield batch;
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #more(): Promise<void> {
    if (this.#items.length > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
