import { check } from './error.ts';
import type { BpfMap } from './map.ts';
import { libbpf } from './native.ts';
import { Struct } from './struct.ts';

const ENOENT = -2;
const EINVAL = -22;
const ENOSPC = -28;
const EOPNOTSUPP = -95;
const ENOTSUPP = -524;
const BATCH = 256;
const MAX_BATCH = 65_536;
/** A token between batches: a bucket number or a key. */
const MIN_TOKEN = 8;

/** The map's keys in the kernel's order. The next key is taken before one is yielded, so that it may be deleted. */
export function* keysOf(map: BpfMap): Generator<Uint8Array> {
  let key = nextKey(map, null);
  while (key !== undefined) {
    const next = nextKey(map, key);
    yield key;
    key = next;
  }
}

/** The map's entries: by batches, or one by one where the kernel has no batches for this type. */
export function* entriesOf(map: BpfMap): Generator<[key: Uint8Array, value: Uint8Array]> {
  const { keySize, maxEntries } = map.info;
  const { valueBytes } = map;
  let size = Math.max(1, Math.min(BATCH, maxEntries));
  let from: Buffer | null = null;
  for (;;) {
    const keys = Buffer.alloc(size * keySize);
    const values = Buffer.alloc(size * valueBytes);
    const to = Buffer.alloc(Math.max(MIN_TOKEN, keySize));
    const count = new Struct(4).setU32(0, size);
    const result = libbpf().bpf_map_lookup_batch(map.fd, from, to, keys, values, count.bytes, null);
    if (result === ENOSPC && size < MAX_BATCH) {
      size *= 2; // a hash bucket with more entries than the batch has room for
      continue;
    }
    if (from === null && (result === ENOTSUPP || result === EOPNOTSUPP || result === EINVAL)) {
      yield* entriesByKey(map);
      return;
    }
    if (result !== ENOENT) check(`bpf_map_lookup_batch(${map.info.name})`, result);
    const found = count.u32(0);
    for (let i = 0; i < found; i++) {
      yield [keys.subarray(i * keySize, (i + 1) * keySize), values.subarray(i * valueBytes, (i + 1) * valueBytes)];
    }
    if (result === ENOENT) return; // the end, with a valid count
    from = to;
  }
}

function* entriesByKey(map: BpfMap): Generator<[key: Uint8Array, value: Uint8Array]> {
  for (const key of keysOf(map)) {
    const value = map.lookup(key);
    if (value !== undefined) yield [key, value];
  }
}

function nextKey(map: BpfMap, key: Uint8Array | null): Uint8Array | undefined {
  const next = Buffer.alloc(map.info.keySize);
  const result = libbpf().bpf_map_get_next_key(map.fd, key, next);
  if (result === ENOENT) return undefined;
  check(`bpf_map_get_next_key(${map.info.name})`, result);
  return next;
}
