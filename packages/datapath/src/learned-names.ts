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

/** Every recent answer of an endpoint that has the address, as long as it stands there; whether it was swept or not. */
export function recentFacts(
  { answers }: Pick<Maps, 'answers'>,
  endpoint: number,
  address: Uint8Array,
  sizes: { readonly endpoints: number; readonly answersPerEndpoint: number },
): RecentFact[] {
  const { offsets } = RecentAnswer;
  const first = (endpoint & (sizes.endpoints - 1)) * sizes.answersPerEndpoint;
  const found: RecentFact[] = [];
  for (let slot = first; slot < first + sizes.answersPerEndpoint; slot++) {
    const bytes = answers.raw.lookup(u32.encode(slot));
    if (bytes === undefined || u32.read(bytes, offsets.endpoint) !== endpoint) continue;
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(address, offsets.addresses) < 0) continue;
    const { sequence, name, nameLength, addresses, expires, count } = RecentAnswer.read(bytes);
    const at = addresses.findIndex((one, i) => i < count && Buffer.compare(one, address) === 0);
    if (at < 0 || sequence % 2 === 1) continue;
    found.push({ name: name.slice(0, nameLength), expires: expires[at] ?? 0n });
  }
  return found;
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
