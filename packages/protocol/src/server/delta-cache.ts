import { createHash } from 'node:crypto';
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
    const key = digest(chunk, traceparent, place);
    const found = this.#kept.get(key);
    if (found !== undefined) return found;
    const nonce = `${key.slice(0, 16)}-${this.#encoded++}`;
    const delta = { nonce, bytes: encodeDelta(chunk, nonce, traceparent) };
    this.#kept.set(key, delta);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && oldest.done !== true) this.#kept.delete(oldest.value);
    return delta;
  }
}

function digest(chunk: Chunk, traceparent: string, place: string): string {
  const hash = createHash('sha256').update(`${place}\0${chunk.complete}\0${traceparent}\0`);
  for (const { type, name, version } of chunk.upserts) hash.update(`${type}/${name}\0`).update(version);
  hash.update('\0');
  for (const { type, name } of chunk.removals) hash.update(`${type}/${name}\0`);
  return hash.digest('hex');
}
