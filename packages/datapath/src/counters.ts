import { namesOf } from './codec.ts';
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
  const counts = new Map(maps.counters.entries());
  return new Map(EVERY_REASON.map(([reason, name]) => [name, sum(counts.get(reason) ?? [])]));
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

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}
