import { type PolicyRef, type Selector, identityOf } from '@namewall/policy';

/** An FQDNIdentity as it is to be. */
export interface DesiredIdentity {
  /** metadata.name: 32 hex digits. */
  readonly name: string;
  readonly spec: { readonly kind: 'Name' | 'Pattern'; readonly selector: string };
  readonly status: {
    readonly policies: { readonly count: number; readonly first: readonly NamedPolicy[] };
    readonly nodes: number;
  };
}

interface NamedPolicy {
  readonly kind: PolicyRef['kind'];
  readonly namespace?: string;
  readonly name: string;
}

/** One policy's part in it. */
export interface Use {
  readonly policy: PolicyRef;
  readonly selectors: readonly Selector[];
  /** With a pod that it selects. */
  readonly nodes: Iterable<string>;
}

/** Policies that a status names, as the schema has it. */
const NAMED = 16;

interface Collected {
  readonly selector: Selector;
  readonly policies: Map<string, PolicyRef>;
  readonly nodes: Set<string>;
}

/** What there is to see of all selectors in use, by name. At most `most`: those with the least names, so that they stay. */
export function desiredIdentities(uses: Iterable<Use>, most: number): Map<string, DesiredIdentity> {
  const all = new Map<string, Collected>();
  for (const { policy, selectors, nodes } of uses) {
    const on = [...nodes];
    for (const selector of selectors) {
      const name = Buffer.from(identityOf(selector)).toString('hex');
      const found = all.get(name) ?? { selector, policies: new Map<string, PolicyRef>(), nodes: new Set<string>() };
      all.set(name, found);
      found.policies.set(`${policy.kind} ${policy.namespace}/${policy.name}`, policy);
      for (const node of on) found.nodes.add(node);
    }
  }
  const kept = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, most);
  return new Map(kept.map(([name, collected]) => [name, identity(name, collected)]));
}

function identity(name: string, { selector, policies, nodes }: Collected): DesiredIdentity {
  const sorted = [...policies].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, policy]) => policy);
  return {
    name,
    spec: { kind: selector.kind === 'name' ? 'Name' : 'Pattern', selector: selector.text },
    status: { policies: { count: sorted.length, first: sorted.slice(0, NAMED).map(named) }, nodes: nodes.size },
  };
}

function named({ kind, namespace, name }: PolicyRef): NamedPolicy {
  return { kind, ...(namespace !== '' && { namespace }), name };
}
