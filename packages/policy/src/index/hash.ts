import { NwIndex } from '../abi.gen.ts';
import { IndexError } from './errors.ts';

/*
 * The hash of bpf/lib/name_index.h in pairs of 32-bit halves: BigInt is ten times slower, and an index of
 * 100,000 selectors takes some hundred thousand hashes.
 */
const MIX_LOW = 0x7f4a7c15;
const MIX_HIGH = 0x9e3779b9;
const LIST_LOW = 0x27d4eb4f;
const LIST_HIGH = 0xc2b2ae3d;

/** Upper half of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

/** Hashes names with one key; the last result stands in `low` and `high` (unsigned 32-bit halves). */
export class NameHasher {
  low = 0;
  high = 0;
  readonly #key: Uint32Array;

  /** @throws IndexError BAD_KEY */
  constructor(key: Uint32Array) {
    if (key.length !== NwIndex.HASH_WORDS) {
      throw new IndexError('BAD_KEY', `hash key has ${key.length} words; draw ${NwIndex.HASH_WORDS}`);
    }
    this.#key = key;
  }

  /** Of the first `length` octets of a folded wire name, without its root label. */
  name(wire: Uint8Array, length: number): void {
    const key = this.#key;
    const scale = (key[64] ?? 0) | 1;
    let low = Math.imul(length, scale) >>> 0;
    let high = (multiplyHigh(length, scale >>> 0) + Math.imul(length, key[65] ?? 0)) >>> 0;
    for (let i = 0; i <= length >>> 3; i++) {
      const end = length - 8 * i;
      const a = (load(wire, end - 8) + (key[2 * i] ?? 0)) >>> 0;
      const b = (load(wire, end - 4) + (key[2 * i + 1] ?? 0)) >>> 0;
      low += Math.imul(a, b) >>> 0;
      high = (high + multiplyHigh(a, b) + (low > 0xffffffff ? 1 : 0)) >>> 0;
      low >>>= 0;
    }
    this.#mix(low, high);
  }

  /** Of a ruleset's list under the name whose hash is (low, high). */
  list(low: number, high: number, ruleset: number): void {
    const productHigh = multiplyHigh(ruleset, LIST_LOW) + Math.imul(ruleset, LIST_HIGH);
    this.#mix((low ^ Math.imul(ruleset, LIST_LOW)) >>> 0, (high ^ productHigh) >>> 0);
  }

  #mix(low: number, high: number): void {
    const folded = (low ^ high) >>> 0;
    const l = Math.imul(folded, MIX_LOW) >>> 0;
    const h = (multiplyHigh(folded, MIX_LOW) + Math.imul(folded, MIX_HIGH) + Math.imul(high, MIX_LOW)) >>> 0;
    this.low = (l ^ ((l >>> 29) | (h << 3))) >>> 0;
    this.high = (h ^ (h >>> 29)) >>> 0;
  }
}

/** Four octets from `at`, the first the least significant; those before the name are zero. */
function load(wire: Uint8Array, at: number): number {
  if (at >= 0) {
    return (
      ((wire[at] ?? 0) | ((wire[at + 1] ?? 0) << 8) | ((wire[at + 2] ?? 0) << 16) | ((wire[at + 3] ?? 0) << 24)) >>> 0
    );
  }
  let word = 0;
  for (let i = Math.max(0, -at); i < 4; i++) word |= (wire[at + i] ?? 0) << (8 * i);
  return word >>> 0;
}

/** The kernel's name_hash of a folded wire name with its root label. */
export function nameHash(wire: Uint8Array, key: Uint32Array): bigint {
  const hasher = new NameHasher(key);
  hasher.name(wire, wire.length - 1);
  return (BigInt(hasher.high) << 32n) | BigInt(hasher.low);
}
