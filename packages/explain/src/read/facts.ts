/** Reads from the pins what the programs would look at. */
import { type Config, type PinnedDatapath, type Usage, recentFacts, recentName, streamQuota } from '@namewall/datapath';
import { NameError, nameHash, wireToText } from '@namewall/policy/names';
import type { ConnectionFacts, LearnedIdentity, PodFacts, QueryFacts, Rules, Share } from '../facts.ts';
import { knownFlows } from './flows.ts';
import { reverseAddress } from './reverse.ts';

export interface Sources {
  readonly datapath: Pick<PinnedDatapath, 'maps' | 'sizes' | 'config' | 'now'>;
  /** Of a ruleset's number; undefined when it is gone. */
  readonly rules: (number: number) => Rules | undefined;
  /** Canonical, of an identity's handle. */
  readonly selectorOf: (handle: number) => string | undefined;
  /** An endpoint's recent answers, undecoded. */
  readonly recentRecords: (endpoint: number) => readonly Uint8Array[];
}

/** Of an event: what was in force then. Absent: what is in force now. */
export interface Moment {
  readonly time: bigint;
  readonly ruleset: number;
}

const slotOf = (number: number, slots: number): number => (number & (slots - 1)) >>> 0;

/** '' when there is none or it is no name. */
export function nameOf(wire: Uint8Array | undefined): string {
  if (wire === undefined || wire.length === 0) return '';
  try {
    return wireToText(wire);
  } catch (error) {
    if (error instanceof NameError) return '';
    throw error;
  }
}

function podFacts({ datapath, rules }: Sources, config: Config, endpoint: number, moment?: Moment): PodFacts {
  const { maps, sizes } = datapath;
  const held = maps.endpoints.get(slotOf(endpoint, sizes.endpoints));
  const number = moment?.ruleset ?? held?.ruleset ?? 0;
  const found = number === 0 ? undefined : rules(number);
  const gone = held?.number !== endpoint || (number !== 0 && found === undefined);
  return {
    time: moment?.time ?? datapath.now(),
    nodeSwitch: config.nodeSwitch,
    pod: gone ? undefined : { selectedAt: held.selectedAt, rules: found },
  };
}

/** What one pod holds is read now, what all hold only when it is asked for. */
function share(
  { datapath }: Sources,
  held: number,
  quota: number,
  entries: number,
  of: (usage: Usage) => number,
): Share {
  return {
    held,
    quota,
    entries,
    get taken() {
      let taken = 0;
      for (const [, usage] of datapath.maps.usage.entries()) taken += of(usage);
      return taken;
    },
  };
}

function usageOf({ datapath }: Sources, endpoint: number): Usage | undefined {
  return datapath.maps.usage.get(slotOf(endpoint, datapath.sizes.endpoints));
}

function learnedIdentities(sources: Sources, endpoint: number, address: Uint8Array): LearnedIdentity[] {
  const { maps, sizes } = sources.datapath;
  const entry = maps.learned.get({ endpoint, address });
  return (entry?.handles ?? []).flatMap((handle, at) => {
    if (handle === 0) return [];
    const name = nameOf(recentName(maps, endpoint, entry?.names[at] ?? 0n, sizes));
    return [{ selector: sources.selectorOf(handle) ?? '', name, address, expires: entry?.expires[at] ?? 0n }];
  });
}

export interface Target {
  readonly address: Uint8Array;
  readonly protocol: number;
  readonly port: number;
}

/** @param moment of an event: then nothing that needs a pass over the flows is read */
export function readConnection(sources: Sources, endpoint: number, target: Target, moment?: Moment): ConnectionFacts {
  const { datapath } = sources;
  const { config, maps, sizes } = datapath;
  const { address, protocol, port } = target;
  const facts = podFacts(sources, config, endpoint, moment);
  const usage = usageOf(sources, endpoint);
  return {
    ...facts,
    resolver: maps.resolvers.get({ address, port, protocol }) ?? 0,
    learned: learnedIdentities(sources, endpoint, address),
    recent: () => recentFacts(sources.recentRecords(endpoint), address),
    range: maps.ranges.get({ prefixLength: 128, address }) ?? 0,
    grandfather: config.grandfather,
    flows: share(sources, usage?.flowsOut ?? 0, config.quotaFlowsOut, sizes.flows, (of) => of.flowsOut + of.flowsIn),
    streams: share(sources, usage?.streams ?? 0, streamQuota(sizes), sizes.streams, (of) => of.streams),
    known: moment === undefined ? knownFlows(datapath, sources.selectorOf, endpoint, target, facts.time) : [],
  };
}

/** @param wire folded */
export function readQuery(sources: Sources, endpoint: number, wire: Uint8Array, moment?: Moment): QueryFacts {
  const { config, sizes } = sources.datapath;
  const facts = podFacts(sources, config, endpoint, moment);
  const held = usageOf(sources, endpoint)?.pending ?? 0;
  const address = reverseAddress(wire);
  const learned = address === undefined ? [] : learnedIdentities(sources, endpoint, address);
  return {
    ...facts,
    reverse: learned.some(({ expires }) => expires > facts.time),
    shorter: shorterNames(sources, endpoint, wire),
    pending: share(sources, held, config.quotaPending, sizes.pending, (usage) => usage.pending),
  };
}

/** bpf/lib/expansion.h: the names that this one is an expansion of, by the pod's search list. */
function shorterNames({ datapath }: Sources, endpoint: number, wire: Uint8Array): Uint8Array[] {
  const { maps, sizes } = datapath;
  const list = maps.searches.get(slotOf(endpoint, sizes.endpoints));
  if (list?.endpoint !== endpoint || list.count === 0) return [];
  const key = Uint32Array.from(maps.hashKey.get(0)?.words ?? []);
  return [...list.lengths.subarray(0, list.count)].flatMap((length, at) => {
    const cut = wire.length - 1 - length;
    if (length === 0 || cut <= 0 || nameHash(wire.subarray(cut), key) !== list.hashes[at]) return [];
    return [Uint8Array.of(...wire.subarray(0, cut), 0)];
  });
}
