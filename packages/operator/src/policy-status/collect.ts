import type { Compiler, Pod, PodGroup, PolicyInForce, PolicyRef } from '@namewall/policy';
import type { NetworkPolicy } from '../kubernetes/network-policies.ts';
import type { JudgedPolicy } from '../kubernetes/policies.ts';
import type { NodeView, NodeViews } from '../nodes/node-views.ts';
import type { NodeFacts, PodFacts, PolicyFacts, PolicyObject } from './facts.ts';
import { restricting, shadowOf } from './shadow.ts';

/** Where the facts are. */
export interface Sources {
  readonly judged: readonly JudgedPolicy[];
  readonly networkPolicies: readonly NetworkPolicy[];
  readonly compiled: Pick<Compiler, 'policies' | 'groups' | 'rejected'>;
  readonly nodes: Pick<NodeViews, 'get'>;
  readonly nodeSwitch: PolicyFacts['nodeSwitch'];
}

/** What is known of one policy's pods while it is collected. */
interface Collected {
  readonly policy: PolicyInForce;
  readonly pods: PodFacts[];
  readonly nodes: Map<string, NodeFacts>;
  hostNetwork: number;
  netAdmin: string | undefined;
  shadow: string | undefined;
}

/** The facts of every policy that there is, at the cost of one walk over all pods. */
export function collect({ judged, networkPolicies, compiled, nodes, nodeSwitch }: Sources): PolicyFacts[] {
  const views = new Map<string, NodeView | undefined>();
  const viewOf = (node: string): NodeView | undefined => {
    if (!views.has(node)) views.set(node, nodes.get(node));
    return views.get(node);
  };
  const collected = new Map<string, Collected>();
  for (const policy of compiled.policies) {
    const none = { hostNetwork: 0, netAdmin: undefined, shadow: undefined };
    collected.set(keyOf(policy.ref), { policy, pods: [], nodes: new Map(), ...none });
  }
  const byNamespace = Map.groupBy(networkPolicies, ({ namespace }) => namespace);
  for (const group of compiled.groups) takeGroup(group, collected, byNamespace, viewOf);
  const rejected = new Map(compiled.rejected.map((one) => [keyOf(one.policy), one]));
  return judged.map(({ object, policy, problem, warnings }) => {
    const key = keyOf(object);
    const found = policy === undefined ? undefined : collected.get(key);
    const invalid = problem && { reason: 'Invalid', message: problem.text };
    return { object, rejection: invalid ?? rejected.get(key), warnings, nodeSwitch, ...factsOf(found) };
  });
}

function factsOf(found: Collected | undefined): Omit<PolicyFacts, 'object' | 'rejection' | 'warnings' | 'nodeSwitch'> {
  if (found === undefined) {
    return {
      inForce: false,
      audit: false,
      identities: 0,
      pods: [],
      nodes: new Map(),
      hostNetwork: 0,
      netAdmin: undefined,
      shadow: undefined,
    };
  }
  const { policy, pods, nodes, hostNetwork, netAdmin, shadow } = found;
  const identities = new Set(policy.names.map(({ selector }) => selector.canonical)).size;
  return { inForce: true, audit: policy.audit, identities, pods, nodes, hostNetwork, netAdmin, shadow };
}

function takeGroup(
  group: PodGroup,
  collected: ReadonlyMap<string, Collected>,
  networkPolicies: ReadonlyMap<string, NetworkPolicy[]>,
  viewOf: (node: string) => NodeView | undefined,
): void {
  const { example, applies, excluded } = group;
  for (const { policy, reason } of excluded) {
    const found = collected.get(keyOf(policy.ref));
    if (found !== undefined && reason === 'HostNetwork') found.hostNetwork += [...group.pods].length;
  }
  const targets = applies.flatMap(({ ref }) => collected.get(keyOf(ref)) ?? []);
  if (targets.length === 0) return;
  const near = networkPolicies.get(example.metadata.namespace ?? 'default') ?? [];
  const restrictions = restricting(near, example);
  for (const target of targets) target.shadow ??= shadowOf(restrictions, target.policy.source.spec.egress ?? []);
  for (const pod of group.pods) takePod(pod, group.ruleset, targets, viewOf);
}

function takePod(
  pod: Pod,
  ruleset: string,
  targets: readonly Collected[],
  viewOf: (node: string) => NodeView | undefined,
): void {
  const { uid, name, namespace = 'default' } = pod.metadata;
  const node = pod.spec?.nodeName ?? '';
  const view = node === '' ? undefined : viewOf(node);
  const facts = { name, namespace, node, applied: view?.applied.get(uid) === ruleset, state: view?.endpoints.get(uid) };
  for (const target of targets) {
    const { pods, nodes } = target;
    pods.push(facts);
    if (pod.spec?.netAdmin === true) target.netAdmin ??= `${namespace}/${name}`;
    if (node === '') continue;
    const known = nodes.get(node) ?? nodeFacts(node, view);
    const refused = known.refused ?? view?.rejected.find((one) => one.name === uid || one.name === ruleset);
    nodes.set(node, refused === known.refused ? known : { ...known, refused });
  }
}

function nodeFacts(name: string, view: NodeView | undefined): NodeFacts {
  return { name, seen: view !== undefined, connected: view?.connected === true, refused: undefined };
}

export function keyOf({ kind, namespace, name }: PolicyRef | PolicyObject): string {
  return `${kind}/${namespace}/${name}`;
}
