import { type EgressRule, type Pod, selects } from '@namewall/policy';
import type { NetworkPolicy, NetworkPolicyEgress, NetworkPolicyPort } from '../kubernetes/network-policies.ts';

type Transport = 'TCP' | 'UDP' | 'SCTP';

const DNS = { port: 53, protocols: ['UDP', 'TCP'] as const };
/** How many a message names. */
const NAMED = 3;

/** NetworkPolicies that decide where a pod may connect to. None: it may connect anywhere. */
export function restricting(policies: readonly NetworkPolicy[], { metadata }: Pod): NetworkPolicy[] {
  const { namespace = 'default', labels = {} } = metadata;
  return policies.filter(
    (one) => one.egress !== undefined && one.namespace === namespace && selects(one.podSelector, labels),
  );
}

/**
 * What the rules of a policy can never do for a pod, since its NetworkPolicies deny it first. They add up, and Namewall
 * only takes away. Says only what is certain: a NetworkPolicy that lets the pod reach some addresses may be meant.
 * @returns undefined where they may let it all happen
 */
export function shadowOf(restrictions: readonly NetworkPolicy[], egress: readonly EgressRule[]): string | undefined {
  if (restrictions.length === 0 || egress.length === 0) return undefined;
  const rules = restrictions.flatMap(({ egress: theirs = [] }) => theirs);
  const outside = rules.filter(reachesOutside);
  const lost = egress.flatMap((rule, index) => (outside.some((one) => meets(one, rule)) ? [] : [`egress[${index}]`]));
  const names = restrictions.map(({ namespace, name }) => `${namespace}/${name}`);
  const who = `NetworkPolicy ${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', …' : ''}`;
  if (lost.length > 0) {
    const what = lost.length === egress.length ? 'everything that it allows' : lost.slice(0, NAMED).join(', ');
    return `${who} denies ${what}; allow there an ipBlock outside the cluster on its ports`;
  }
  const asks = egress.some(({ to }) => to.some(({ fqdn }) => fqdn !== undefined));
  if (asks && !rules.some(allowsDns)) return `${who} denies DNS, so no name is ever learned; allow port 53 there`;
  return undefined;
}

/** Peers that are selectors are pods. */
function reachesOutside({ to }: NetworkPolicyEgress): boolean {
  return to.length === 0 || to.some(({ ipBlock }) => ipBlock !== undefined);
}

function meets({ ports }: NetworkPolicyEgress, rule: EgressRule): boolean {
  const own = rule.ports ?? [];
  if (ports.length === 0 || own.length === 0) return true;
  return own.some(({ protocol = 'TCP', port, endPort }) => {
    const from = port ?? 0;
    return ports.some((theirs) =>
      overlaps(theirs, protocol as Transport, from, port === undefined ? 65_535 : (endPort ?? from)),
    );
  });
}

function allowsDns({ ports }: NetworkPolicyEgress): boolean {
  return (
    ports.length === 0 ||
    DNS.protocols.some((protocol) => ports.some((one) => overlaps(one, protocol, DNS.port, DNS.port)))
  );
}

/** A port by name is some container's: it may be any. */
function overlaps(
  { protocol = 'TCP', port, endPort }: NetworkPolicyPort,
  transport: Transport,
  from: number,
  to: number,
): boolean {
  if (protocol !== transport) return false;
  if (port === undefined || typeof port === 'string') return true;
  return port <= to && from <= (endPort ?? port);
}
