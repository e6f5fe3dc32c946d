import { NETNS_ANNOTATION, type Pod } from '../schema/pod.ts';
import { nameToWire } from '../name.ts';
import { parseAddress } from '../value/address.ts';
import type { CompiledEndpoint } from './types.ts';

export function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? 'default';
}

/** A pod's addresses in 16 octets, sorted, each once. */
export function addressesOf({ status }: Pod): Uint8Array[] {
  const texts = [...(status?.podIPs ?? []).map(({ ip }) => ip), ...(status?.podIP === undefined ? [] : [status.podIP])];
  const all = new Map(texts.map(parseAddress).map((address) => [Buffer.from(address).toString('hex'), address]));
  return [...all.values()].toSorted((a, b) => Buffer.compare(a, b));
}

/**
 * The suffixes that a pod's resolver tries, in order: the cluster's where its DNS policy says so, then
 * dnsConfig's. Those of the node's own resolv.conf the agent adds. What is no name is left out.
 */
function searchList(pod: Pod, clusterDomain: string): string[] {
  const policy = dnsPolicyOf(pod);
  const clusterFirst = policy === 'ClusterFirst' || policy === 'ClusterFirstWithHostNet';
  const own = [`${namespaceOf(pod)}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const all = [...(clusterFirst ? own : []), ...(pod.spec?.dnsConfig?.searches ?? [])];
  return [...new Set(all.map((suffix) => suffix.toLowerCase().replace(/\.$/, '')))].filter(isName);
}

function isName(text: string): boolean {
  try {
    return text !== '' && nameToWire(text).length > 1;
  } catch {
    return false;
  }
}

function dnsPolicyOf({ spec }: Pod): string {
  return spec?.dnsPolicy ?? 'ClusterFirst';
}

export function compileEndpoint(pod: Pod, ruleset: string, clusterDomain: string): CompiledEndpoint {
  return {
    uid: pod.metadata.uid,
    namespace: namespaceOf(pod),
    name: pod.metadata.name,
    ruleset,
    search: searchList(pod, clusterDomain),
    addresses: addressesOf(pod),
    netns: pod.metadata.annotations?.[NETNS_ANNOTATION] ?? '',
    dnsPolicy: dnsPolicyOf(pod),
  };
}
