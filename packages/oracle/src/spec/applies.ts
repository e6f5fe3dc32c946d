/** Which policies apply to a pod. */
import type { LabelSelector, Namespace, NamewallConfig, Pod, Policy } from '@namewall/policy';
import { sameAddress } from './address.ts';

/** What stands in the cluster beside the policies. */
export interface Cluster {
  readonly namespaces: readonly Namespace[];
  readonly config: NamewallConfig['spec'];
}

export function policiesOf(pod: Pod, policies: readonly Policy[], cluster: Cluster): Policy[] {
  if (isLeftOut(pod, cluster)) return [];
  return policies.filter(
    (policy) => reaches(policy, pod, cluster) && holds(policy.spec.podSelector, pod.metadata.labels ?? {}),
  );
}

/** No policy applies to a pod of the node's own network, one that has ended, or one behind a trusted resolver. */
function isLeftOut({ spec, status }: Pod, { config }: Cluster): boolean {
  if (spec?.hostNetwork === true) return true;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const own = [...(status?.podIPs ?? []).map(({ ip }) => ip), ...(status?.podIP === undefined ? [] : [status.podIP])];
  return (config.resolvers ?? []).some(({ address }) => own.some((ip) => sameAddress(ip, address)));
}

/** A namespaced policy reaches its namespace; a cluster policy the namespaces it selects, but none that is excluded. */
function reaches(policy: Policy, pod: Pod, { namespaces, config }: Cluster): boolean {
  const namespace = pod.metadata.namespace ?? 'default';
  if (policy.kind === 'FQDNNetworkPolicy') return (policy.metadata.namespace ?? 'default') === namespace;
  if ((config.excludedNamespaces ?? ['kube-system']).includes(namespace)) return false;
  const labels = namespaces.find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? {};
  return holds(policy.spec.namespaceSelector ?? {}, { 'kubernetes.io/metadata.name': namespace, ...labels });
}

/** Kubernetes' label selectors: every part must hold; {} holds everywhere. */
function holds({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>) {
  const has = (key: string) => Object.hasOwn(labels, key);
  const isOneOf = (key: string, values: readonly string[]) => has(key) && values.includes(labels[key] ?? '');
  return (
    Object.entries(matchLabels).every(([key, value]) => isOneOf(key, [value])) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'In') return isOneOf(key, values);
      if (operator === 'NotIn') return !isOneOf(key, values);
      return operator === 'Exists' ? has(key) : !has(key);
    })
  );
}
