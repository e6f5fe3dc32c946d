/** Hands events to whoever listens. With nobody there it costs one comparison an event and keeps nothing. */
import type { Event } from '@namewall/datapath';
import { LossyQueue } from './queue.ts';

/** Events that wait for one observer, at most. */
const QUEUE = 4096;

export class EventHub {
  readonly #queues = new Set<LossyQueue<Event>>();
  readonly #onListeners: (count: number) => void;

  /** @param onListeners sets `config.listeners`: programs only send what passed when somebody listens. */
  constructor(onListeners: (count: number) => void) {
    this.#onListeners = onListeners;
  }

  publish(event: Event): void {
    for (const queue of this.#queues) queue.push(event);
  }

  async *listen(signal: AbortSignal): AsyncGenerator<{ readonly items: readonly Event[]; readonly lost: number }> {
    const queue = new LossyQueue<Event>(QUEUE);
    this.#queues.add(queue);
    this.#onListeners(this.#queues.size);
    try {
      yield* queue.drain(signal);
    } finally {
      this.#queues.delete(queue);
      this.#onListeners(this.#queues.size);
    }
  }
}
