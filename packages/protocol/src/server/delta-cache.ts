import { MAX_UNACKED } from '../limits.ts';
import { type Chunk, encodeDelta } from './chunk.ts';

/** A delta ready to be written. */
export interface EncodedDelta {
  readonly nonce: string;
  readonly bytes: Buffer;
}

/** Agents that lag by the same change ask for the same deltas; so many of the last are kept. */
const KEPT = 2 * MAX_UNACKED;

/** Encodes a delta once for all streams that need the same. Holds a bounded number of them. */
export class DeltaCache {
  readonly #kept = new Map<string, EncodedDelta>();
  #encoded = 0;

  /** How many deltas were encoded rather than found. */
  get encoded(): number {
    return this.#encoded;
  }

  /** @param place in the change: no two deltas that are on the way at once have the same nonce. */
  get(chunk: Chunk, traceparent: string, place: string): EncodedDelta {
    const key = keyOf(chunk, traceparent, place);
    const found = this.#kept.get(key);
    if (found !== undefined) return found;
    const nonce = String(this.#encoded++);
    const delta = { nonce, bytes: encodeDelta(chunk, nonce, traceparent) };
    this.#kept.set(key, delta);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && oldest.done !== true) this.#kept.delete(oldest.value);
    return delta;
  }
}

/** All that the delta says, apart from its nonce: a version stands for a body. */
function keyOf({ upserts, removals, complete }: Chunk, traceparent: string, place: string): string {
  const sent = upserts.map(({ key, text }) => `${key} ${text}`);
  const gone = removals.map(({ type, name }) => `${type}/${name}`);
  return JSON.stringify([place, complete, traceparent, sent, gone]);
}
