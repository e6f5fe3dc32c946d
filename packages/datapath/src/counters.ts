import { namesOf, u32 } from './codec.ts';
import { estimateDistinct } from './distinct.ts';
import { NwReason, NwWildcard } from './gen/enums.gen.ts';
import type { EndpointCounts } from './gen/structs.gen.ts';
import type { PinnedMaps } from './maps/open.ts';

export type ReasonName = keyof typeof NwReason;

const REASONS = namesOf(NwReason);
const EVERY_REASON = [...REASONS].filter(([, name]) => name !== 'REASON_NONE' && name !== 'REASONS');

/** The name of a reason without `NW_`, or `REASON_<n>` for a number this version does not know. */
export function reasonName(reason: number): ReasonName | `REASON_${number}` {
  return REASONS.get(reason) ?? `REASON_${reason}`;
}

/** Every reason's count over all CPUs since the pins were made. */
export function readCounters(maps: PinnedMaps): ReadonlyMap<ReasonName, bigint> {
  const counts = new Map([...maps.counters.raw.entries()].map(([key, perCpu]) => [u32.read(key), perCpu]));
  return new Map(EVERY_REASON.map(([reason, name]) => [name, sum(words(counts.get(reason)))]));
}

export interface EndpointTotals extends EndpointCounts {
  /** Different names among those asked under wildcards: an estimate, see {@link estimateDistinct}. */
  readonly wildcardNames: bigint;
}

/** An endpoint's counts over all CPUs; of the endpoint that has its slot now. */
export function readEndpointCounts(maps: PinnedMaps, endpoint: number): EndpointTotals {
  const slot = endpoint & (maps.endpointCount.maxEntries - 1);
  const perCpu = maps.endpointCount.get(slot);
  const total = maps.endpointCount.value.read(new Uint8Array(maps.endpointCount.value.size));
  for (const key of Object.keys(total) as (keyof EndpointCounts)[]) total[key] = sum(perCpu.map((one) => one[key]));
  const ranks = maps.wildcardNames.get(slot)?.ranks ?? new Uint8Array(NwWildcard.REGISTERS);
  return { ...total, wildcardNames: BigInt(Math.round(estimateDistinct(ranks))) };
}

const words = (bytes: Uint8Array = new Uint8Array(0)): bigint[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => view.getBigUint64(8 * i, true));
};

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}
