import { Learned, LearnedKey } from './gen/structs.gen.ts';
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
  const place = Number(hash & BigInt(sizes.answersPerEndpoint - 1));
  const record = maps.answers.get((endpoint & (sizes.endpoints - 1)) * sizes.answersPerEndpoint + place);
  if (record?.nameHash !== hash || record.endpoint !== endpoint || record.sequence % 2 === 1) return undefined;
  return record.name.slice(0, record.nameLength);
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
