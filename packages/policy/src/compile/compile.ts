import type { NamewallConfig } from '../schema/config.ts';
import type { Namespace, Pod } from '../schema/pod.ts';
import type { Policy } from '../schema/policy.ts';
import type { Selector } from '../selector.ts';
import { compareRefs, readPolicies, refKey } from './accept.ts';
import {
  DEFAULT_EXCLUDED_NAMESPACES,
  type Surroundings,
  exclusionFrom,
  labelsByNamespace,
  podExclusion,
  selectsPod,
} from './applies.ts';
import { rulesetId } from './content-id.ts';
import { compileEndpoint, namespaceOf } from './endpoint.ts';
import { internalNames } from './internal-names.ts';
import type { LoweredPolicy } from './lower.ts';
import { mergePolicies } from './merge.ts';
import { clusterRanges, compileNodeConfig } from './node-config.ts';
import type {
  CompileResult,
  CompiledEndpoint,
  CompiledRuleset,
  ExclusionReason,
  PolicySelection,
  RejectedPolicy,
} from './types.ts';

/** Validated documents; see validate(). */
export interface CompileInput {
  readonly policies: readonly Policy[];
  readonly pods: readonly Pod[];
  /** For their labels; a namespace that is not here has only its name. */
  readonly namespaces?: readonly Namespace[] | undefined;
  /** Absent: the defaults, no resolver. */
  readonly config?: NamewallConfig | undefined;
}

/**
 * What every node must know for its pods. Pure, and the same for the same documents in any order (of
 * two policies with one name the first counts). Endpoints are those of all nodes given.
 *
 * @throws what reading a config or pod throws that does not validate; policies are rejected instead
 */
export function compile({ policies, pods, namespaces = [], config }: CompileInput): CompileResult {
  const spec = config?.spec ?? {};
  const nodeConfig = compileNodeConfig(spec);
  const internal = internalNames(nodeConfig.clusterDomain, clusterRanges(spec));
  const around: Surroundings = {
    namespaces: labelsByNamespace(namespaces),
    excludedNamespaces: new Set(spec.excludedNamespaces ?? DEFAULT_EXCLUDED_NAMESPACES),
    resolvers: new Set(nodeConfig.resolvers.map(({ address }) => Buffer.from(address).toString('hex'))),
  };
  const { read, rejected } = readPolicies(policies);
  const selections = selectAll(read, uniquePods(pods), around);
  const merged = mergeAll(read, selections, internal);
  const rulesets = new Map<string, CompiledRuleset>();
  const endpoints: CompiledEndpoint[] = [];
  for (const { pod } of selections) {
    const excluded = podExclusion(pod, around);
    if (excluded === 'HostNetwork' || excluded === 'Finished') continue;
    const found = merged.rulesetOf(pod);
    if (found !== undefined) rulesets.set(found.id, found.ruleset);
    endpoints.push(compileEndpoint(pod, found?.id ?? '', nodeConfig.clusterDomain));
  }
  return {
    nodeConfig,
    rulesets: new Map([...rulesets].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    endpoints,
    rejected: [...rejected, ...merged.rejected].toSorted((a, b) => compareRefs(a.policy, b.policy)),
    selections: policySelections(merged.accepted, selections),
  };
}

interface PodSelection {
  readonly pod: Pod;
  readonly applies: readonly LoweredPolicy[];
  readonly excluded: readonly { readonly policy: LoweredPolicy; readonly reason: ExclusionReason }[];
}

function uniquePods(pods: readonly Pod[]): Pod[] {
  const order = (pod: Pod) => `${pod.metadata.uid}\0${namespaceOf(pod)}\0${pod.metadata.name}`;
  const sorted = pods.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  return sorted.filter((pod, at) => at === 0 || sorted[at - 1]?.metadata.uid !== pod.metadata.uid);
}

function selectAll(policies: readonly LoweredPolicy[], pods: readonly Pod[], around: Surroundings): PodSelection[] {
  const byNamespace = Map.groupBy(policies, ({ ref }) => ref.namespace);
  return pods.map((pod) => {
    const near = [...(byNamespace.get('') ?? []), ...(byNamespace.get(namespaceOf(pod)) ?? [])];
    const selecting = near.filter((policy) => selectsPod(policy, pod, around));
    const judged = selecting.map((policy) => ({ policy, reason: exclusionFrom(policy, pod, around) }));
    return {
      pod,
      applies: judged.flatMap(({ policy, reason }) => (reason === undefined ? [policy] : [])),
      excluded: judged.flatMap(({ policy, reason }) => (reason === undefined ? [] : [{ policy, reason }])),
    };
  });
}

interface MergedAll {
  readonly accepted: readonly LoweredPolicy[];
  readonly rejected: readonly RejectedPolicy[];
  readonly rulesetOf: (pod: Pod) => { readonly id: string; readonly ruleset: CompiledRuleset } | undefined;
}

/**
 * One ruleset for each set of policies that some pod has. A policy that does not fit, alone or beside
 * those that come before it, is rejected everywhere, and what it was part of is merged anew.
 */
function mergeAll(
  policies: readonly LoweredPolicy[],
  selections: readonly PodSelection[],
  internal: readonly Selector[],
): MergedAll {
  const rejected = new Map<LoweredPolicy, RejectedPolicy>();
  const bySet = new Map<string, { readonly id: string; readonly ruleset: CompiledRuleset }>();
  const accepted = (some: readonly LoweredPolicy[]) => some.filter((policy) => !rejected.has(policy));
  const setKey = (some: readonly LoweredPolicy[]) => some.map(({ ref }) => refKey(ref)).join('\n');
  const mergeSets = (sets: readonly (readonly LoweredPolicy[])[], keep: boolean): boolean => {
    const offenders = new Map<LoweredPolicy, RejectedPolicy>();
    const tried = new Set<string>();
    for (const set of sets.map(accepted)) {
      const key = setKey(set);
      if (set.length === 0 || tried.has(key) || bySet.has(key)) continue;
      tried.add(key);
      const merged = mergePolicies(set, internal);
      if (!merged.ok) offenders.set(merged.offender, merged.rejection);
      else if (keep) bySet.set(key, { id: rulesetId(merged.ruleset), ruleset: merged.ruleset });
    }
    for (const [policy, rejection] of offenders) rejected.set(policy, rejection);
    return offenders.size === 0;
  };
  // A policy that is too much by itself is rejected though it selects no pod yet.
  const alone = policies.map((policy) => [policy]);
  const together = selections.map(({ applies }) => applies);
  while (!mergeSets(alone, false));
  while (!mergeSets(together, true));
  const appliesTo = new Map(selections.map(({ pod, applies }) => [pod, applies]));
  return {
    accepted: accepted(policies),
    rejected: [...rejected.values()],
    rulesetOf: (pod) => bySet.get(setKey(accepted(appliesTo.get(pod) ?? []))),
  };
}

function policySelections(policies: readonly LoweredPolicy[], selections: readonly PodSelection[]): PolicySelection[] {
  const pods = new Map<LoweredPolicy, string[]>(policies.map((policy) => [policy, []]));
  const excluded = new Map<LoweredPolicy, { uid: string; reason: ExclusionReason }[]>();
  for (const { pod, ...found } of selections) {
    const { uid } = pod.metadata;
    for (const policy of found.applies) pods.get(policy)?.push(uid);
    for (const { policy, reason } of found.excluded) {
      const list = excluded.get(policy);
      if (list === undefined) excluded.set(policy, [{ uid, reason }]);
      else list.push({ uid, reason });
    }
  }
  return policies.map((policy) => ({
    policy: policy.ref,
    pods: pods.get(policy) ?? [],
    excluded: excluded.get(policy) ?? [],
  }));
}
