import { type BpfMap, possibleCpus } from '@namewall/libbpf';
import type { Codec } from '../codec.ts';

/** A pinned map seen through the codecs of its key and its value. Every call is one or a few system calls. */
export class TypedMap<K, V> {
  readonly raw: BpfMap;
  readonly key: Codec<K>;
  readonly value: Codec<V>;

  constructor(raw: BpfMap, key: Codec<K>, value: Codec<V>) {
    this.raw = raw;
    this.key = key;
    this.value = value;
  }

  get maxEntries(): number {
    return this.raw.info.maxEntries;
  }

  /** The value, or undefined where a hash has no such key. */
  get(key: K): V | undefined {
    const bytes = this.raw.lookup(this.key.encode(key));
    return bytes === undefined ? undefined : this.value.read(bytes);
  }

  /** Writes a whole value; LibbpfError E2BIG when the map is full. */
  set(key: K, value: V): void {
    this.raw.update(this.key.encode(key), this.value.encode(value));
  }

  /** Writes many with few system calls; those before a failing one stay written. */
  setAll(entries: Iterable<readonly [K, V]>): void {
    const all = [...entries];
    if (all.length === 0) return;
    const keys = new Uint8Array(all.length * this.key.size);
    const values = new Uint8Array(all.length * this.value.size);
    all.forEach(([key, value], i) => {
      this.key.write(keys, key, i * this.key.size);
      this.value.write(values, value, i * this.value.size);
    });
    this.raw.updateBatch(keys, values, all.length);
  }

  /** Whether there was something to delete. */
  delete(key: K): boolean {
    return this.raw.delete(this.key.encode(key));
  }

  /** Every entry; those that come or go meanwhile may be missed. */
  *entries(): Generator<readonly [K, V]> {
    for (const [key, value] of this.raw.entries()) yield [this.key.read(key), this.value.read(value)];
  }

  *keys(): Generator<K> {
    for (const key of this.raw.keys()) yield this.key.read(key);
  }
}

/** A per-CPU map: a value for each possible CPU. */
export class PerCpuMap<K, V> {
  readonly raw: BpfMap;
  readonly key: Codec<K>;
  readonly value: Codec<V>;

  constructor(raw: BpfMap, key: Codec<K>, value: Codec<V>) {
    this.raw = raw;
    this.key = key;
    this.value = value;
  }

  get maxEntries(): number {
    return this.raw.info.maxEntries;
  }

  /** The values of all possible CPUs; none where there is no such key. */
  get(key: K): V[] {
    const bytes = this.raw.lookup(this.key.encode(key));
    return bytes === undefined ? [] : this.split(bytes);
  }

  /** Sets the value of every CPU. */
  set(key: K, value: V): void {
    const stride = this.#stride;
    const bytes = new Uint8Array(stride * possibleCpus());
    for (let at = 0; at < bytes.length; at += stride) this.value.write(bytes, value, at);
    this.raw.update(this.key.encode(key), bytes);
  }

  *entries(): Generator<readonly [K, V[]]> {
    for (const [key, bytes] of this.raw.entries()) yield [this.key.read(key), this.split(bytes)];
  }

  // The kernel rounds each CPU's value up to 8 octets.
  get #stride(): number {
    return Math.ceil(this.value.size / 8) * 8;
  }

  private split(bytes: Uint8Array): V[] {
    const stride = this.#stride;
    return Array.from({ length: bytes.length / stride }, (_, cpu) => this.value.read(bytes, cpu * stride));
  }
}
