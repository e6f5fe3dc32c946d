/** What policies say together; their order never matters. */
import {
  type EgressRule,
  type Policy,
  type PortRange,
  type Selector,
  parseDuration,
  parseSelector,
} from '@namewall/policy';
import type { Cidr } from './address.ts';

/** One entry of one rule. */
export interface Statement {
  readonly policy: Policy;
  readonly deny: boolean;
  /** One of the two. */
  readonly name?: Selector;
  readonly cidr?: Cidr;
  /** Absent: every protocol and port. */
  readonly ports: readonly PortRange[] | undefined;
}

/** Seconds. */
export interface Lifetime {
  readonly floor: number;
  readonly ceiling: number;
  readonly grace: number;
}

export interface Said {
  readonly statements: readonly Statement[];
  /** What no rule decides is denied: a policy has `egress`, be it empty. */
  readonly isolated: boolean;
  /** Only names that a rule selects may be asked for. */
  readonly filtered: boolean;
  readonly rcode: 'REFUSED' | 'NXDOMAIN';
  readonly silent: boolean;
  /** Flows that an edit no longer allows live until they close: every policy says so. */
  readonly cutOnClose: boolean;
  /** What the policies say; the node's where they say nothing. */
  readonly lifetime: Partial<Lifetime>;
  /** Seconds that an address outlives the last packet to it; the node's where it is undefined. */
  readonly idleWindow: number | undefined;
}

/** Everything that policies say of a pod: what is enforced, and what would be if the audited ones were, too. */
export interface Standing {
  /** Some policy applies to the pod, be it an audited one. */
  readonly selected: boolean;
  /** One that is not audited does: the pod is held to something. */
  readonly held: boolean;
  readonly enforced: Said;
  readonly audited: Said | undefined;
}

export function standingOf(applying: readonly Policy[]): Standing {
  const enforced = applying.filter(({ spec }) => spec.enforcementMode !== 'Audit');
  return {
    selected: applying.length > 0,
    held: enforced.length > 0,
    enforced: saidBy(enforced),
    audited: enforced.length < applying.length ? saidBy(applying) : undefined,
  };
}

function saidBy(policies: readonly Policy[]): Said {
  const specs = policies.map(({ spec }) => spec);
  return {
    statements: policies.flatMap((policy) => [
      ...(policy.spec.egress ?? []).flatMap((rule) => statementsOf(policy, rule, false)),
      ...(policy.spec.egressDeny ?? []).flatMap((rule) => statementsOf(policy, rule, true)),
    ]),
    isolated: specs.some(({ egress }) => egress !== undefined),
    filtered: areFiltered(specs),
    rcode: specs.some(({ dns }) => dns?.rejectWith === 'NXDomain') ? 'NXDOMAIN' : 'REFUSED',
    silent: specs.some(({ connections }) => connections?.rejectWith === 'Silent'),
    cutOnClose: specs.length > 0 && specs.every(({ connections }) => connections?.cutFlows === 'OnClose'),
    lifetime: lifetimeOf(specs),
    idleWindow: largest(specs.flatMap(({ dns }) => dns?.idleWindow ?? [])),
  };
}

function statementsOf(policy: Policy, { to, ports }: EgressRule, deny: boolean): Statement[] {
  return to.map(({ fqdn, cidr }) => ({
    policy,
    deny,
    ports,
    ...(fqdn === undefined ? {} : { name: parseSelector(fqdn) }),
    ...(cidr === undefined ? {} : { cidr }),
  }));
}

/** Matched is what a policy with `egress` means unless it says otherwise; All wins over Matched. */
function areFiltered(specs: readonly Policy['spec'][]): boolean {
  const says = new Set(specs.map(({ dns, egress }) => dns?.queries ?? (egress === undefined ? undefined : 'Matched')));
  return says.has('Matched') && !says.has('All');
}

function secondsOf(text: string): number {
  return Number(parseDuration(text)) / 1e9;
}

function largest(texts: readonly string[]): number | undefined {
  return texts.length === 0 ? undefined : Math.max(...texts.map(secondsOf));
}

/** The largest floor and grace, the smallest ceiling. */
function lifetimeOf(specs: readonly Policy['spec'][]): Partial<Lifetime> {
  const all = (field: keyof Lifetime) => specs.flatMap(({ dns }) => dns?.ttl?.[field] ?? []).map(secondsOf);
  const [floors, ceilings, graces] = [all('floor'), all('ceiling'), all('grace')];
  return {
    ...(floors.length > 0 ? { floor: Math.max(...floors) } : {}),
    ...(ceilings.length > 0 ? { ceiling: Math.min(...ceilings) } : {}),
    ...(graces.length > 0 ? { grace: Math.max(...graces) } : {}),
  };
}

/** How long an address may be used that came with this TTL: a ceiling bounds the floor, grace comes on top. */
export function lifeOf(ttl: number, said: Partial<Lifetime>, node: Lifetime): number {
  const { floor, ceiling, grace } = { ...node, ...said };
  return Math.min(Math.max(ttl, floor), ceiling) + grace;
}
