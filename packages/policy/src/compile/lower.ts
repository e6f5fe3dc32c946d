import { NwPrecedence, NwQueryFlag, NwRowFlag } from '../abi.gen.ts';
import type { EgressRule, PortRange } from '../schema/egress.ts';
import type { ClusterFQDNNetworkPolicy, Policy } from '../schema/policy.ts';
import { type Selector, parseSelector } from '../selector.ts';
import { type Prefix, isIpv4, parseCidr } from '../value/cidr.ts';
import { type DurationWishes, lowerDurations } from './durations.ts';
import type { CompiledRow, PolicyRef } from './types.ts';

/** A row before it is known which place its policy has in a ruleset. */
export type Row = Omit<CompiledRow, 'policy'>;

/** What one policy says, in the terms of the datapath. */
export interface LoweredPolicy {
  readonly ref: PolicyRef;
  readonly source: Policy;
  readonly audit: boolean;
  readonly isolates: boolean;
  /** undefined: no say */
  readonly queries: 'All' | 'Matched' | undefined;
  readonly nxdomain: boolean;
  readonly silent: boolean;
  readonly cutOnClose: boolean;
  readonly strict: boolean;
  readonly durations: DurationWishes;
  readonly names: readonly { readonly selector: Selector; readonly query: number; readonly rows: readonly Row[] }[];
  readonly cidrs: readonly { readonly prefix: Prefix; readonly rows: readonly Row[] }[];
}

export function refOf(policy: Policy): PolicyRef {
  const namespace = isClusterPolicy(policy) ? '' : (policy.metadata.namespace ?? 'default');
  return { kind: policy.kind, namespace, name: policy.metadata.name };
}

export function isClusterPolicy(policy: Policy): policy is ClusterFQDNNetworkPolicy {
  return policy.kind === 'ClusterFQDNNetworkPolicy';
}

/**
 * Reads one policy.
 *
 * @throws SelectorError, ValueError for one that does not validate
 */
export function lowerPolicy(policy: Policy): LoweredPolicy {
  const { spec } = policy;
  const audit = spec.enforcementMode === 'Audit';
  const strict = spec.strictDeny === true;
  const rowFlags = audit ? NwRowFlag.AUDIT : 0;
  const allow: Effect = {
    query: () => (audit ? NwQueryFlag.AUDIT_ALLOW : NwQueryFlag.ALLOW),
    name: NwPrecedence.ALLOW,
    cidr: NwPrecedence.ALLOW,
    flags: rowFlags,
  };
  const deny: Effect = {
    query: (rule) => (rule.ports !== undefined ? 0 : audit ? NwQueryFlag.AUDIT_DENY : NwQueryFlag.DENY),
    name: strict ? NwPrecedence.STRICT_NAME_DENY : NwPrecedence.NAME_DENY,
    cidr: isClusterPolicy(policy) ? NwPrecedence.CLUSTER_CIDR_DENY : NwPrecedence.CIDR_DENY,
    flags: rowFlags | NwRowFlag.DENY,
  };
  const rules = [
    ...(spec.egress ?? []).map((rule) => ({ rule, effect: allow })),
    ...(spec.egressDeny ?? []).map((rule) => ({ rule, effect: deny })),
  ];
  return {
    ref: refOf(policy),
    source: policy,
    audit,
    isolates: spec.egress !== undefined,
    queries: spec.dns?.queries ?? (spec.egress === undefined ? undefined : 'Matched'),
    nxdomain: spec.dns?.rejectWith === 'NXDomain',
    silent: spec.connections?.rejectWith === 'Silent',
    cutOnClose: spec.connections?.cutFlows === 'OnClose',
    strict,
    durations: lowerDurations(spec.dns),
    names: rules.flatMap(({ rule, effect }) => lowerNames(rule, effect)),
    cidrs: rules.flatMap(({ rule, effect }) => lowerCidrs(rule, effect)),
  };
}

interface Effect {
  readonly query: (rule: EgressRule) => number;
  readonly name: number;
  readonly cidr: number;
  readonly flags: number;
}

function lowerNames(rule: EgressRule, effect: Effect): LoweredPolicy['names'][number][] {
  const query = effect.query(rule);
  const rows = lowerPorts(rule.ports, effect.name, effect.flags, [ICMPV4, ICMPV6]);
  return rule.to.flatMap(({ fqdn }) => (fqdn === undefined ? [] : [{ selector: parseSelector(fqdn), query, rows }]));
}

function lowerCidrs(rule: EgressRule, effect: Effect): LoweredPolicy['cidrs'][number][] {
  return rule.to.flatMap(({ cidr }) => {
    if (cidr === undefined) return [];
    const prefix = parseCidr(cidr);
    const icmp = isIpv4(prefix) ? ICMPV4 : ICMPV6;
    return [{ prefix, rows: lowerPorts(rule.ports, effect.cidr, effect.flags, [icmp]) }];
  });
}

/* IANA protocol numbers; 0 = any. */
const ANY = 0;
const ICMPV4 = 1;
const ICMPV6 = 58;
const PROTOCOLS = { TCP: 6, UDP: 17, SCTP: 132 } as const;
const PORT_MAX = 65535;

function lowerPorts(
  ports: readonly PortRange[] | undefined,
  precedence: number,
  flags: number,
  icmp: readonly number[],
): Row[] {
  if (ports === undefined) return [{ precedence, protocol: ANY, portFirst: 0, portLast: PORT_MAX, flags }];
  return ports.flatMap(({ protocol = 'TCP', port, endPort }) => {
    const numbers = protocol === 'ICMP' ? icmp : [PROTOCOLS[protocol]];
    const portLast = endPort ?? port ?? PORT_MAX;
    return numbers.map((number) => ({ precedence, protocol: number, portFirst: port ?? 0, portLast, flags }));
  });
}
