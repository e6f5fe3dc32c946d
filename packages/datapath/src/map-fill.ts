import { readFileSync } from 'node:fs';
import type { BpfMap } from '@namewall/libbpf';
import type { PinnedMaps } from './maps/open.ts';
import type { PinnedDatapath } from './pinned.ts';

export interface MapFill {
  readonly name: string;
  readonly entries: number;
  readonly maxEntries: number;
  /** Memory that the kernel charges; 0 where it does not say. */
  readonly bytes: number;
}

/** Tables whose fill people ask for; what programs write is told by `usage`, the rest is counted. */
const SHOWN = [
  'endpoints',
  'rulesets',
  'rules',
  'cidrs',
  'identities',
  'resolvers',
  'ranges',
  'pending',
  'learned',
  'flows',
  'streams',
] as const;

/** How full the tables are. One pass over the keys of those that only the agent writes. */
export function mapFill(pins: Pick<PinnedDatapath, 'maps'>): MapFill[] {
  const { maps } = pins;
  const used = { pending: 0, learned: 0, flows: 0, streams: 0 };
  for (const [, { pending, learned, flowsOut, flowsIn, streams }] of maps.usage.entries()) {
    used.pending += pending;
    used.learned += learned;
    used.flows += flowsOut + flowsIn;
    used.streams += streams;
  }
  return SHOWN.map((name) => {
    const { raw } = maps[name];
    const { info } = raw;
    return { name: info.name, entries: entriesOf(maps, name, used), maxEntries: info.maxEntries, bytes: memoryOf(raw) };
  });
}

/** Flows that the rules would not allow and that live on all the same, on this node: see bpf/lib/cut.h. */
export function outlivingFlows({ maps }: Pick<PinnedDatapath, 'maps'>): {
  grandfatheredFlows: bigint;
  untilCloseFlows: bigint;
} {
  let grandfatheredFlows = 0n;
  let untilCloseFlows = 0n;
  for (const [, { grandfathered, untilClose }] of maps.usage.entries()) {
    grandfatheredFlows += BigInt(grandfathered);
    untilCloseFlows += BigInt(untilClose);
  }
  return { grandfatheredFlows, untilCloseFlows };
}

function entriesOf(
  maps: PinnedMaps,
  name: (typeof SHOWN)[number],
  used: { pending: number; learned: number; flows: number; streams: number },
): number {
  if (name === 'pending' || name === 'learned' || name === 'flows' || name === 'streams') return used[name];
  if (name === 'endpoints' || name === 'rulesets') {
    let taken = 0;
    for (const [, { number }] of maps[name].entries()) if (number !== 0) taken++;
    return taken;
  }
  let entries = 0;
  for (const key of maps[name].raw.keys()) entries += key.length > 0 ? 1 : 0;
  return entries;
}

function memoryOf(map: BpfMap): number {
  return Number(/^memlock:\s+([0-9]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${map.fd}`, 'utf8'))?.[1] ?? 0);
}
