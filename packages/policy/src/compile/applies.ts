import type { Labels } from '../schema/common.ts';
import type { Namespace, Pod } from '../schema/pod.ts';
import { addressesOf, namespaceOf } from './endpoint.ts';
import { type LoweredPolicy, isClusterPolicy } from './lower.ts';
import { namespaceLabels, selects } from './select.ts';
import type { ExclusionReason } from './types.ts';

/** No cluster policy applies to these by default: a mistake there stops the cluster. */
export const DEFAULT_EXCLUDED_NAMESPACES: readonly string[] = ['kube-system'];

/** What decides which policies apply to a pod, looked up once. */
export interface Surroundings {
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly excludedNamespaces: ReadonlySet<string>;
  /** addresses of trusted resolvers, in hex */
  readonly resolvers: ReadonlySet<string>;
}

export function labelsByNamespace(namespaces: readonly Namespace[]): Map<string, Labels> {
  return new Map(
    namespaces.map(({ metadata }) => [metadata.name, namespaceLabels(metadata.name, metadata.labels)] as const),
  );
}

/** Why no policy at all applies to a pod, or undefined. The first that holds. */
export function podExclusion(pod: Pod, { resolvers }: Surroundings): ExclusionReason | undefined {
  if (pod.spec?.hostNetwork === true) return 'HostNetwork';
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return 'Finished';
  if (resolvers.size === 0) return undefined;
  const backs = addressesOf(pod).some((address) => resolvers.has(Buffer.from(address).toString('hex')));
  return backs ? 'ResolverBackend' : undefined;
}

/** Whether a policy's selectors mean a pod. */
export function selectsPod({ source, ref }: LoweredPolicy, pod: Pod, { namespaces }: Surroundings): boolean {
  const namespace = namespaceOf(pod);
  if (isClusterPolicy(source)) {
    const labels = namespaces.get(namespace) ?? namespaceLabels(namespace, undefined);
    if (!selects(source.spec.namespaceSelector ?? {}, labels)) return false;
  } else if (ref.namespace !== namespace) return false;
  return selects(source.spec.podSelector, pod.metadata.labels ?? {});
}

/** Why a policy that selects a pod does not apply to it, or undefined. */
export function exclusionFrom(policy: LoweredPolicy, pod: Pod, around: Surroundings): ExclusionReason | undefined {
  const everywhere = podExclusion(pod, around);
  if (everywhere !== undefined) return everywhere;
  const excluded = isClusterPolicy(policy.source) && around.excludedNamespaces.has(namespaceOf(pod));
  return excluded ? 'ExcludedNamespace' : undefined;
}
