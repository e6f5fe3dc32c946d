import type { EndpointState, ResourceProblem } from '@namewall/protocol';

/** The object that a status is about. */
export interface PolicyObject {
  readonly kind: 'FQDNNetworkPolicy' | 'ClusterFQDNNetworkPolicy';
  /** '' = it has none */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** 0 = not told */
  readonly generation: number;
}

export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  /** '' = on none yet */
  readonly node: string;
  /** Its node has acknowledged the very ruleset that it is to have. */
  readonly applied: boolean;
  readonly state: EndpointState | undefined;
}

export interface NodeFacts {
  readonly name: string;
  /** An agent was there at least once. */
  readonly seen: boolean;
  readonly connected: boolean;
  /** What it refused of this policy's. */
  readonly refused: ResourceProblem | undefined;
}

/** Everything that the status of a policy follows from. */
export interface PolicyFacts {
  readonly object: PolicyObject;
  /** Why it cannot be used as it is; undefined: it can. */
  readonly rejection: { readonly reason: string; readonly message: string } | undefined;
  /** What is allowed and probably not meant. */
  readonly warnings: readonly string[];
  /** It, or an earlier version of it, decides. */
  readonly inForce: boolean;
  readonly audit: boolean;
  /** Different selectors. */
  readonly identities: number;
  /** Pods that it selects and that policies apply to. */
  readonly pods: readonly PodFacts[];
  /** Nodes of these pods, by name. */
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /** Pods that it selects in vain: they have the node's network. */
  readonly hostNetwork: number;
  /** One of its pods that may change its own network, by namespace and name; undefined: there is none. */
  readonly netAdmin: string | undefined;
  /** What the configuration switches all nodes to. */
  readonly nodeSwitch: 'On' | 'Audit' | 'Off';
  /** What NetworkPolicies stand in its way, in words; undefined: none. */
  readonly shadow: string | undefined;
}
