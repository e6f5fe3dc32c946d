import { NwIndex } from '../abi.gen.ts';

const SLOTS = NwIndex.INDEX_SLOTS;

/** What a look-up finds: by hash, a block. */
export interface Entries {
  readonly count: number;
  readonly low: Uint32Array;
  /** The tag: never 0. */
  readonly tag: Uint32Array;
}

/** The fewest buckets worth trying: a power of two, at most half full on average, at least two. */
export function fewestBuckets(entries: number): number {
  let buckets = 2;
  while (buckets * (SLOTS / 2) < entries) buckets *= 2;
  return buckets;
}

/**
 * Gives every entry a slot in its bucket or, where that is full, in the next one (circular), so that no two
 * which one look-up could meet have the same tag. Returns, for each slot, the entry + 1 or 0; undefined
 * when it takes more buckets.
 */
export function placeEntries(entries: Entries, buckets: number): Uint32Array | undefined {
  const byBucket = sortByBucket(entries, buckets);
  const slots = new Uint32Array(buckets * SLOTS);
  const used = new Uint8Array(buckets);
  const put = (bucket: number, entry: number): boolean => {
    const at = used[bucket] ?? 0;
    if (at === SLOTS) return false;
    slots[bucket * SLOTS + at] = entry + 1;
    used[bucket] = at + 1;
    return true;
  };
  let carried: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const further: number[] = [];
    for (const entry of carried) if (!put(bucket, entry)) return undefined;
    for (let i = byBucket.first[bucket] ?? 0; i < (byBucket.first[bucket + 1] ?? 0); i++) {
      const entry = byBucket.order[i] ?? 0;
      if (!put(bucket, entry)) further.push(entry);
    }
    carried = further;
  }
  for (const entry of carried) if (!put(0, entry)) return undefined;
  return tagsDiffer(entries, slots, buckets) ? slots : undefined;
}

function sortByBucket({ count, low }: Entries, buckets: number): { first: Uint32Array; order: Uint32Array } {
  const mask = buckets - 1;
  const first = new Uint32Array(buckets + 1);
  for (let i = 0; i < count; i++) {
    const at = ((low[i] ?? 0) & mask) + 1;
    first[at] = (first[at] ?? 0) + 1;
  }
  for (let bucket = 0; bucket < buckets; bucket++) first[bucket + 1] = (first[bucket + 1] ?? 0) + (first[bucket] ?? 0);
  const next = first.slice();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const bucket = (low[i] ?? 0) & mask;
    const at = next[bucket] ?? 0;
    order[at] = i;
    next[bucket] = at + 1;
  }
  return { first, order };
}

/** A little stricter than needed: tags differ within each bucket and its next one. */
function tagsDiffer({ tag }: Entries, slots: Uint32Array, buckets: number): boolean {
  for (let bucket = 0; bucket < buckets; bucket++) {
    const seen: number[] = [];
    for (let i = 0; i < 2 * SLOTS; i++) {
      const entry = slots[(bucket * SLOTS + i) % slots.length] ?? 0;
      if (entry === 0) continue;
      const its = tag[entry - 1] ?? 0;
      if (seen.includes(its)) return false;
      seen.push(its);
    }
  }
  return true;
}
