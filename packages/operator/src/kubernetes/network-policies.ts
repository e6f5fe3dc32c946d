import type { LabelSelector } from '@namewall/policy';
import type { RawNetworkPolicy } from './objects.ts';

/** networking.k8s.io/v1 NetworkPolicy: what decides whether one stands in the way of a policy of ours. */
export interface NetworkPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  /** Absent: it has no say on egress. */
  readonly egress: readonly NetworkPolicyEgress[] | undefined;
}

export interface NetworkPolicyEgress {
  /** Absent or empty: to anywhere. */
  readonly to: readonly NetworkPolicyPeer[];
  /** Absent or empty: all. */
  readonly ports: readonly NetworkPolicyPort[];
}

export interface NetworkPolicyPeer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
}

export interface NetworkPolicyPort {
  readonly protocol?: string;
  /** A number, or the name of a container's port. */
  readonly port?: number | string;
  readonly endPort?: number;
}

export function projectNetworkPolicy({ metadata, spec = {} }: RawNetworkPolicy): NetworkPolicy {
  const { podSelector = {}, policyTypes, egress } = spec;
  // Without policyTypes rules of egress are what makes it one of egress.
  const speaks = policyTypes === undefined ? egress !== undefined : policyTypes.includes('Egress');
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    podSelector,
    egress: speaks ? (egress ?? []).map(({ to = [], ports = [] }) => ({ to, ports })) : undefined,
  };
}
