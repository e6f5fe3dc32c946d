/** What the node's configuration says of an address. */
import {
  DEFAULT_CLUSTER_DOMAIN,
  DEFAULT_RESERVED_RANGES,
  METADATA_RANGES,
  type NamewallConfig,
} from '@namewall/policy';
import { type Cidr, addressBehind, carriedBy, isIn, sameAddress } from './address.ts';
import { PROTOCOL } from './packet.ts';

export type NodeSpec = NamewallConfig['spec'];

const DNS = 53;
/** DNS over TLS (RFC 7858) and QUIC (RFC 9250): what a resolver offers there nobody can read. */
const ENCRYPTED_DNS = 853;

const liesIn = (cidrs: readonly Cidr[] | undefined, address: string) =>
  (cidrs ?? []).some((cidr) => isIn(cidr, address));

export function resolverAt(
  { resolvers = [] }: NodeSpec,
  address: string,
  port: number,
  protocol: number,
): 'plain' | 'encrypted' | undefined {
  const there = resolvers.filter((resolver) => sameAddress(resolver.address, address));
  const name = protocol === PROTOCOL.UDP ? 'UDP' : protocol === PROTOCOL.TCP ? 'TCP' : undefined;
  if (name === undefined || there.length === 0) return undefined;
  const plain = there.some((one) => (one.port ?? DNS) === port && (one.protocols ?? ['UDP', 'TCP']).includes(name));
  if (plain) return 'plain';
  return port === ENCRYPTED_DNS ? 'encrypted' : undefined;
}

function isMetadata({ ranges = {} }: NodeSpec, address: string): boolean {
  return liesIn(METADATA_RANGES, address) || liesIn(ranges.metadata, address);
}

/** Left to others where no rule decides: the cluster's own traffic and the API server, never the metadata address. */
export function isLeftAlone(node: NodeSpec, address: string): boolean {
  const { ranges = {} } = node;
  return (liesIn(ranges.cluster, address) || liesIn(ranges.apiServer, address)) && !isMetadata(node, address);
}

/** An answer with a reserved address teaches nothing of it; nor does one that a translator would lead there. */
export function mayBeLearned(node: NodeSpec, address: string): boolean {
  const { ranges = {} } = node;
  const carried = carriedBy(address);
  return [address, ...(carried === undefined ? [] : [carried])].every(
    (one) =>
      !isMetadata(node, one) &&
      !liesIn(ranges.apiServer, one) &&
      !liesIn(ranges.nodes, one) &&
      !liesIn(ranges.reserved, one) &&
      !(ranges.defaultReserved !== false && liesIn(DEFAULT_RESERVED_RANGES, one)),
  );
}

/** Discovery of resolvers (RFC 9462, section 4): it leads clients to encrypted ones, past every rule on names. */
export const DISCOVERY = '_dns.resolver.arpa';

/** Names below the cluster's own domain, and those behind the cluster's addresses. */
export function isInternalName(
  { clusterDomain = DEFAULT_CLUSTER_DOMAIN, ranges = {} }: NodeSpec,
  name: string,
): boolean {
  const domain = clusterDomain.toLowerCase().replace(/\.$/, '');
  if (name.endsWith(`.${domain}`)) return true;
  const address = addressBehind(name);
  return address !== undefined && liesIn(ranges.cluster, address);
}
