import { NwRangeFlag } from '../abi.gen.ts';
import type { NamewallConfigSpec } from '../schema/config.ts';
import { parseSelector } from '../selector.ts';
import { formatAddress, parseAddress } from '../value/address.ts';
import { type Prefix, parseCidr } from '../value/cidr.ts';
import { nodeDurations } from './durations.ts';
import { inherit } from './prefixes.ts';
import type { CompiledNodeConfig, CompiledRange, CompiledResolver } from './types.ts';

export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';

/** Never learned, whoever answers so: "this network", loopback, link-local, multicast, broadcast. */
export const DEFAULT_RESERVED_RANGES: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
];

/** The cloud metadata address, as AWS, GCP, Azure and others have it: credentials for who can reach it. */
export const METADATA_RANGES: readonly string[] = ['169.254.169.254/32', 'fd00:ec2::254/128'];

/** What a node is told beside its rulesets. A spec of {} gives the defaults. */
export function compileNodeConfig(spec: NamewallConfigSpec): CompiledNodeConfig {
  const { quotas } = spec;
  return {
    resolvers: compileResolvers(spec.resolvers ?? []),
    ranges: compileRanges(spec),
    clusterDomain: parseSelector({ matchName: spec.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN }).text,
    durations: nodeDurations(spec.durations),
    quotas: {
      pending: quotas?.pending ?? 0,
      learned: quotas?.learned ?? 0,
      flowsOut: quotas?.flowsOut ?? 0,
      flowsIn: quotas?.flowsIn ?? 0,
    },
    unknownPods: { Open: 0, Quarantine: 1 }[spec.unknownPods ?? 'Open'],
    nodeSwitch: { On: 0, Audit: 1, Off: 2 }[spec.nodeSwitch ?? 'On'],
  };
}

/** The prefixes of the cluster's own services and pods. */
export function clusterRanges(spec: NamewallConfigSpec): Prefix[] {
  return (spec.ranges?.cluster ?? []).map(parseCidr);
}

const PROTOCOLS = { TCP: 6, UDP: 17 } as const;
const BOTH: readonly (keyof typeof PROTOCOLS)[] = ['TCP', 'UDP'];

function compileResolvers(resolvers: NonNullable<NamewallConfigSpec['resolvers']>): CompiledResolver[] {
  const all = new Map<string, CompiledResolver>();
  for (const { address: text, port = 53, protocols = BOTH } of resolvers) {
    const address = parseAddress(text);
    for (const protocol of protocols.map((name) => PROTOCOLS[name])) {
      all.set(`${formatAddress(address)} ${port} ${protocol}`, { address, port, protocol });
    }
  }
  return [...all.values()].toSorted(
    (a, b) => Buffer.compare(a.address, b.address) || a.port - b.port || a.protocol - b.protocol,
  );
}

function compileRanges({ ranges = {} }: NamewallConfigSpec): CompiledRange[] {
  const { CLUSTER, API_SERVER, RESERVED, METADATA } = NwRangeFlag;
  const flagged: readonly [readonly string[] | undefined, number][] = [
    [ranges.cluster, CLUSTER],
    [ranges.apiServer, API_SERVER | RESERVED],
    [ranges.nodes, RESERVED],
    [ranges.reserved, RESERVED],
    [ranges.defaultReserved === false ? [] : DEFAULT_RESERVED_RANGES, RESERVED],
    [METADATA_RANGES, METADATA | RESERVED],
    [ranges.metadata, METADATA | RESERVED],
  ];
  const entries = flagged.flatMap(([cidrs = [], flags]) => cidrs.map((cidr) => ({ ...parseCidr(cidr), value: flags })));
  const inherited = inherit(entries, (values) => values.reduce((a, b) => a | b, 0));
  return inherited.map(({ prefix, prefixLength, value }) => ({ prefix, prefixLength, flags: value }));
}
