import { EndpointPhase } from '@namewall/protocol';
import type { NodeFacts, PolicyFacts } from './facts.ts';

export type ConditionType = 'Accepted' | 'Programmed' | 'Effective';

/** metav1.Condition without the times and generations, which are those of its writing. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface PolicyStatus {
  readonly conditions: readonly Condition[];
  readonly identities: number;
  readonly pods: { readonly selected: number; readonly enforced: number };
  readonly nodes: { readonly desired: number; readonly programmed: number };
}

/** How many nodes or pods a message names. */
const NAMED = 3;
/** Octets of a message, far below what the schema takes: it is read in a terminal. */
const MESSAGE_MAX = 1024;

/** What is to be said of a policy. Pure: the same facts are the same status. */
export function statusOf(facts: PolicyFacts): PolicyStatus {
  const nodes = [...facts.nodes.values()];
  const behind = nodes.filter(({ name }) => facts.pods.some(({ node, applied }) => node === name && !applied));
  return {
    conditions: [accepted(facts), programmed(facts, behind), effective(facts)].map(shortened),
    identities: facts.identities,
    pods: { selected: facts.pods.length, enforced: facts.pods.filter(({ applied }) => applied).length },
    nodes: { desired: nodes.length, programmed: nodes.length - behind.length },
  };
}

function accepted({ rejection, warnings, inForce }: PolicyFacts): Condition {
  if (rejection === undefined) {
    if (warnings.length === 0) return condition('Accepted', 'True', 'Accepted', 'the policy can be used');
    return condition('Accepted', 'True', 'Warning', `it can be used; ${warnings.join('; ')}`);
  }
  const until = inForce ? 'the last good version stays in force' : 'nothing of it is in force';
  return condition('Accepted', 'False', rejection.reason, `${rejection.message}; ${until}`);
}

function programmed({ inForce, nodes }: PolicyFacts, behind: readonly NodeFacts[]): Condition {
  if (!inForce) return condition('Programmed', 'False', 'NotAccepted', 'nothing of it is in force: see Accepted');
  if (nodes.size === 0) return condition('Programmed', 'True', 'NoNodes', 'no node has a pod of it');
  const count = `${nodes.size - behind.length} of ${nodes.size} nodes`;
  const [first] = behind;
  if (first === undefined) return condition('Programmed', 'True', 'Programmed', count);
  const names = list(behind.map((node) => `${node.name}: ${why(node)}`));
  return condition('Programmed', 'False', reasonOf(first), `${count}; ${names}`);
}

function reasonOf({ seen, connected, refused }: NodeFacts): string {
  if (!seen) return 'NoAgent';
  if (!connected) return 'AgentDisconnected';
  return refused === undefined ? 'Pending' : 'Refused';
}

function why(node: NodeFacts): string {
  const { refused } = node;
  switch (reasonOf(node)) {
    case 'NoAgent':
      return 'no agent has connected; is its pod running?';
    case 'AgentDisconnected':
      return 'its agent is not connected; what it had before is enforced';
    case 'Refused':
      return `its agent refused ${refused?.reason ?? ''}: ${refused?.message ?? ''}`;
    default:
      return 'its agent has not acknowledged it yet';
  }
}

function effective(facts: PolicyFacts): Condition {
  const { inForce, pods, audit, hostNetwork, netAdmin, object } = facts;
  if (!inForce) return condition('Effective', 'False', 'NotAccepted', 'nothing of it is in force: see Accepted');
  const obstacle = switched(facts) ?? unattended(facts) ?? degraded(facts) ?? shadowed(facts);
  if (obstacle !== undefined) return obstacle;
  const vain = `${hostNetwork} pods that it selects have the node’s network, which no policy is for`;
  // A cluster policy is expected to meet some.
  if (hostNetwork > 0 && object.kind === 'FQDNNetworkPolicy') {
    return condition('Effective', 'False', 'HostNetwork', `${vain}; select others, or run them without hostNetwork`);
  }
  const also = hostNetwork > 0 ? `; ${vain}` : '';
  if (pods.length === 0) {
    return condition('Effective', 'Unknown', 'NoPods', `it selects no pod; check podSelector if there are some${also}`);
  }
  if (audit) return condition('Effective', 'True', 'Audit', `it only reports: enforcementMode is Audit${also}`);
  if (netAdmin !== undefined) {
    const message = `pod ${netAdmin} has CAP_NET_ADMIN, by which it can get past it; drop that if it is not trusted${also}`;
    return condition('Effective', 'True', 'NetAdmin', message);
  }
  return condition('Effective', 'True', 'Effective', `nothing is known to stand in its way${also}`);
}

function switched({ nodeSwitch }: PolicyFacts): Condition | undefined {
  if (nodeSwitch === 'On') return undefined;
  const what = nodeSwitch === 'Off' ? 'off: nothing is enforced' : 'to audit: refusals are only reported';
  const message = `the configuration switches all nodes ${what}; set nodeSwitch: On when it is over`;
  return condition('Effective', 'False', nodeSwitch === 'Off' ? 'SwitchedOff' : 'SwitchedToAudit', message);
}

function unattended({ nodes }: PolicyFacts): Condition | undefined {
  const without = [...nodes.values()].filter(({ seen }) => !seen).map(({ name }) => name);
  if (without.length === 0) return undefined;
  const message = `no agent has connected from ${list(without)}: pods there are held to nothing; is the agent’s pod running?`;
  return condition('Effective', 'False', 'NoAgent', message);
}

function degraded({ pods }: PolicyFacts): Condition | undefined {
  const ill = pods.filter(({ state }) => state?.phase === EndpointPhase.ENDPOINT_PHASE_DEGRADED);
  const reason = ill[0]?.state?.reason ?? '';
  if (ill.length === 0) return undefined;
  const texts = ill.map(({ namespace, name, state }) => `pod ${namespace}/${name}: ${state?.message ?? ''}`);
  return condition('Effective', 'False', /^[A-Za-z]\w*$/u.test(reason) ? reason : 'Degraded', list(texts));
}

function shadowed({ shadow }: PolicyFacts): Condition | undefined {
  return shadow === undefined ? undefined : condition('Effective', 'False', 'ShadowedByNetworkPolicy', shadow);
}

function condition(type: ConditionType, status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message };
}

function list(texts: readonly string[]): string {
  const more = texts.length > NAMED ? ` and ${texts.length - NAMED} more` : '';
  return `${texts.slice(0, NAMED).join(', ')}${more}`;
}

function shortened(one: Condition): Condition {
  return one.message.length <= MESSAGE_MAX ? one : { ...one, message: `${one.message.slice(0, MESSAGE_MAX - 1)}…` };
}
