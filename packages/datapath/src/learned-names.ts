import { u32 } from './codec.ts';
import { NwAnswerSize } from './gen/enums.gen.ts';
import { Learned, LearnedKey, RecentAnswer } from './gen/structs.gen.ts';
import type { PinnedMaps } from './maps/open.ts';

/** One identity of one learned address of one endpoint. */
export interface LearnedFact {
  readonly endpoint: number;
  readonly address: Uint8Array;
  readonly handle: number;
  /** now() */
  readonly expires: bigint;
  /** Wire form, folded; undefined when the recent answer behind it was overwritten. */
  readonly name: Uint8Array | undefined;
}

type Maps = Pick<PinnedMaps, 'learned' | 'answers'>;

/** The name of an endpoint's recent answer by its hash, as long as it stands there. */
export function recentName(
  maps: Pick<Maps, 'answers'>,
  endpoint: number,
  hash: bigint,
  sizes: { readonly endpoints: number; readonly answersPerEndpoint: number },
): Uint8Array | undefined {
  if (hash === 0n) return undefined;
  const ways = Math.min(NwAnswerSize.ANSWER_WAYS, sizes.answersPerEndpoint);
  const set = Number(hash & BigInt(sizes.answersPerEndpoint - 1) & ~BigInt(ways - 1));
  const first = (endpoint & (sizes.endpoints - 1)) * sizes.answersPerEndpoint + set;
  for (let slot = first; slot < first + ways; slot++) {
    const record = maps.answers.get(slot);
    if (record?.nameHash !== hash || record.endpoint !== endpoint || record.sequence % 2 === 1) continue;
    return record.name.slice(0, record.nameLength);
  }
  return undefined;
}

/** An address in one of an endpoint's recent answers. */
export interface RecentFact {
  /** Wire form, folded. */
  readonly name: Uint8Array;
  /** now(), by the answer's TTL; a flow may have kept the address for longer. */
  readonly expires: bigint;
}

/** The recent answers of an endpoint as they stand, undecoded: a look-up each. */
export function recentRecords(
  { answers }: Pick<Maps, 'answers'>,
  endpoint: number,
  sizes: { readonly endpoints: number; readonly answersPerEndpoint: number },
): Uint8Array[] {
  const first = (endpoint & (sizes.endpoints - 1)) * sizes.answersPerEndpoint;
  return Array.from({ length: sizes.answersPerEndpoint }, (_, i) => answers.raw.lookup(u32.encode(first + i))).filter(
    (record) => record !== undefined && u32.read(record, RecentAnswer.offsets.endpoint) === endpoint,
  ) as Uint8Array[];
}

/** Which of a record's addresses it is; -1 = none. From the last octet: IPv4 ones begin alike. */
function placeOf(record: Uint8Array, address: Uint8Array): number {
  const { addresses, count } = RecentAnswer.offsets;
  for (let i = 0; i < (record[count] ?? 0); i++) {
    let octet = 15;
    while (octet >= 0 && record[addresses + 16 * i + octet] === address[octet]) octet--;
    if (octet < 0) return i;
  }
  return -1;
}

/** Those of an endpoint's recent answers that have the address, whether it was swept or not. */
export function recentFacts(records: readonly Uint8Array[], address: Uint8Array): RecentFact[] {
  return records.flatMap((record) => {
    const at = placeOf(record, address);
    if (at < 0) return [];
    const { sequence, name, nameLength, expires } = RecentAnswer.read(record);
    return sequence % 2 === 1 ? [] : [{ name: name.slice(0, nameLength), expires: expires[at] ?? 0n }];
  });
}

/** What the pods have learned, expired entries that were not swept yet included. */
export function* learnedFacts(
  maps: Maps,
  sizes: { readonly endpoints: number; readonly answersPerEndpoint: number },
  wanted: (key: LearnedKey) => boolean = () => true,
): Generator<LearnedFact> {
  for (const [keyBytes, valueBytes] of maps.learned.raw.entries()) {
    const key = LearnedKey.read(keyBytes);
    if (!wanted(key)) continue;
    const { handles, expires, names } = Learned.read(valueBytes);
    for (const [at, handle] of handles.entries()) {
      if (handle === 0) continue;
      const name = recentName(maps, key.endpoint, names[at] ?? 0n, sizes);
      yield { endpoint: key.endpoint, address: key.address, handle, expires: expires[at] ?? 0n, name };
    }
  }
}
