import { API_VERSION } from './schema/common.ts';
import type { NamewallConfig } from './schema/config.ts';
import type { EgressRule } from './schema/egress.ts';
import type { Namespace, Pod } from './schema/pod.ts';
import type { ClusterFQDNNetworkPolicy, FQDNNetworkPolicy } from './schema/policy.ts';

/** Documents for tests: as small as they can be, the rest as given. */

type Spec = FQDNNetworkPolicy['spec'];
type ClusterSpec = ClusterFQDNNetworkPolicy['spec'];

export function policy(name: string, spec: Partial<Spec>, space?: string): FQDNNetworkPolicy {
  const metadata = space === undefined ? { name } : { name, namespace: space };
  return { apiVersion: API_VERSION, kind: 'FQDNNetworkPolicy', metadata, spec: { podSelector: {}, ...spec } };
}

export function clusterPolicy(name: string, spec: Partial<ClusterSpec>): ClusterFQDNNetworkPolicy {
  const full = { podSelector: {}, ...spec };
  return { apiVersion: API_VERSION, kind: 'ClusterFQDNNetworkPolicy', metadata: { name }, spec: full };
}

export function pod(
  name: string,
  ip: string,
  extra: { metadata?: object; spec?: Pod['spec']; status?: Pod['status'] } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: `uid-${name}`, labels: { app: name }, ...extra.metadata },
    spec: extra.spec,
    status: { podIPs: [{ ip }], ...extra.status },
  };
}

export function namespace(name: string, labels: Record<string, string>): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function config(spec: NamewallConfig['spec'] = {}): NamewallConfig {
  return { apiVersion: API_VERSION, kind: 'NamewallConfig', metadata: { name: 'namewall' }, spec };
}

/** `to` entries: what has a slash is a CIDR, what has a star a pattern, else a name. */
export function to(...targets: readonly string[]): Pick<EgressRule, 'to'> {
  return {
    to: targets.map((target) => {
      if (target.includes('/')) return { cidr: target };
      return { fqdn: target.includes('*') ? { matchPattern: target } : { matchName: target } };
    }),
  };
}
