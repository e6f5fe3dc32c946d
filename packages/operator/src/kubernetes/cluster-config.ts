import { METADATA_RANGES, type NamewallConfig, RANGES_MAX, RESOLVERS_MAX, covers, parseCidr } from '@namewall/policy';
import type { RawEndpointSlice, RawNode, RawService, RawServiceCidr } from './objects.ts';
import { isAddress } from './pods.ts';

type Spec = NamewallConfig['spec'];
type Resolver = NonNullable<Spec['resolvers']>[number];
type Protocol = NonNullable<Resolver['protocols']>[number];

/** What the cluster itself says that a node has to know. */
export interface ClusterFacts {
  readonly dnsServices: readonly RawService[];
  /** Those of the DNS services. */
  readonly dnsSlices: readonly RawEndpointSlice[];
  /** Those of default/kubernetes. */
  readonly apiSlices: readonly RawEndpointSlice[];
  readonly apiService: RawService | undefined;
  readonly nodes: readonly RawNode[];
  readonly serviceCidrs: readonly RawServiceCidr[];
}

/**
 * A NamewallConfig's spec with what the cluster says added to what people wrote: resolvers, and the ranges of services,
 * pods, nodes and API servers. Pure; the same for the same facts in any order.
 */
export function withCluster(written: Spec, facts: ClusterFacts): { spec: Spec; problems: string[] } {
  const problems: string[] = [];
  const bounded = (what: string, list: readonly string[], max = RANGES_MAX): string[] => {
    const sorted = [...new Set(list)].toSorted();
    if (sorted.length > max) problems.push(`${what}: ${sorted.length}, of which the first ${max} count`);
    return sorted.slice(0, max);
  };
  const { ranges = {} } = written;
  const nodes = nodeAddresses(facts.nodes);
  const pods = podRanges(facts.nodes, nodes, problems);
  const services = facts.serviceCidrs.flatMap(({ spec }) => spec?.cidrs ?? []).filter(isCidr);
  const api = [...sliceAddresses(facts.apiSlices), ...(facts.apiService?.spec?.clusterIPs ?? [])].filter(isAddress);
  return {
    problems,
    spec: {
      ...written,
      resolvers: joinResolvers(written.resolvers ?? [], facts, problems),
      ranges: {
        ...ranges,
        cluster: bounded('ranges.cluster', [...(ranges.cluster ?? []), ...services, ...pods]),
        nodes: bounded('ranges.nodes', [...(ranges.nodes ?? []), ...nodes.map(exactly)]),
        apiServer: bounded('ranges.apiServer', [...(ranges.apiServer ?? []), ...api.map(exactly)]),
      },
    },
  };
}

function exactly(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function isCidr(text: string): boolean {
  try {
    return !METADATA_RANGES.some((metadata) => covers(parseCidr(metadata), parseCidr(text)));
  } catch {
    return false;
  }
}

const NODE_ADDRESSES: ReadonlySet<string> = new Set(['InternalIP', 'ExternalIP']);

function nodeAddresses(nodes: readonly RawNode[]): string[] {
  const all = nodes.flatMap(({ status }) => status?.addresses ?? []);
  return all
    .filter(({ type }) => NODE_ADDRESSES.has(type))
    .flatMap(({ address }) => (isAddress(address) ? [address] : []));
}

/** Ranges that only pods have: one that holds a node's address is of a flat network and no range of pods. */
function podRanges(nodes: readonly RawNode[], addresses: readonly string[], problems: string[]): string[] {
  const all = [...new Set(nodes.flatMap(({ spec }) => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])))];
  const hosts = addresses.map((address) => parseCidr(exactly(address)));
  const flat = all.filter(isCidr).filter((range) => hosts.some((host) => covers(parseCidr(range), host)));
  for (const range of flat.toSorted()) {
    problems.push(`node.spec.podCIDR ${range} holds addresses of nodes and is not taken for pods; set ranges.cluster`);
  }
  return all.filter((range) => isCidr(range) && !flat.includes(range));
}

function sliceAddresses(slices: readonly RawEndpointSlice[]): string[] {
  return slices.flatMap(({ endpoints = [] }) => endpoints.flatMap(({ addresses = [] }) => addresses));
}

const BOTH: readonly Protocol[] = ['TCP', 'UDP'];

/** The services' addresses with their ports, and those behind them with theirs: some CNIs translate before the cable. */
function joinResolvers(written: readonly Resolver[], facts: ClusterFacts, problems: string[]): Resolver[] {
  const found = new Map<string, { address: string; port: number; protocols: Set<Protocol> }>();
  const add = (address: string, port: number, protocols: readonly Protocol[]): void => {
    if (!isAddress(address) || port < 1) return;
    const key = `${address} ${port}`;
    const held = found.get(key) ?? { address, port, protocols: new Set() };
    for (const protocol of protocols) held.protocols.add(protocol);
    found.set(key, held);
  };
  for (const { address, port = 53, protocols = BOTH } of written) add(address, port, protocols);
  const mine = found.size;
  for (const service of facts.dnsServices) {
    const ports = (service.spec?.ports ?? []).filter(isDnsPort);
    for (const { port, protocol } of ports) {
      for (const address of service.spec?.clusterIPs ?? []) add(address, port, protocolOf(protocol));
    }
    const names = new Set(ports.map(({ name = '' }) => name));
    for (const { port, protocol, addresses } of targetsOf(service, facts.dnsSlices, names)) {
      for (const address of addresses) add(address, port, protocolOf(protocol));
    }
  }
  if (found.size === mine && facts.dnsServices.length === 0) {
    problems.push('no DNS service found and no names can be learned from one; set resolvers, or --dns-service');
  }
  const all = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  if (all.length > RESOLVERS_MAX) problems.push(`resolvers: ${all.length}, of which the first ${RESOLVERS_MAX} count`);
  return all.slice(0, RESOLVERS_MAX).map(({ address, port, protocols }) => ({
    address,
    port,
    protocols: BOTH.filter((protocol) => protocols.has(protocol)),
  }));
}

type ServicePort = NonNullable<NonNullable<RawService['spec']>['ports']>[number];

/** Beside DNS the usual service has a port for metrics. */
function isDnsPort({ name = '', port }: ServicePort): boolean {
  return port === DNS || name.startsWith('dns');
}

const DNS = 53;
const SERVICE_LABEL = 'kubernetes.io/service-name';

/** Where a service's connections end: its slices' ports have the names of its own. */
function targetsOf({ metadata }: RawService, slices: readonly RawEndpointSlice[], names: ReadonlySet<string>) {
  const own = slices.filter((slice) => {
    return slice.metadata.namespace === metadata.namespace && slice.metadata.labels?.[SERVICE_LABEL] === metadata.name;
  });
  return own.flatMap(({ ports = [], endpoints = [] }) => {
    const addresses = endpoints.flatMap((endpoint) => endpoint.addresses ?? []);
    return ports
      .filter(({ name = '' }) => names.has(name))
      .map(({ port = 0, protocol }) => ({ port, protocol, addresses }));
  });
}

function protocolOf(text = 'TCP'): Protocol[] {
  return text === 'UDP' || text === 'TCP' ? [text] : [];
}
