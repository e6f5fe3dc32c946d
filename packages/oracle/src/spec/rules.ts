/** Row 11 and what follows from it: what policies say of one destination. */
import type { ReasonName } from '@namewall/datapath';
import { type PortRange, matchesText } from '@namewall/policy';
import { isIn } from './address.ts';
import { isLeftAlone } from './node.ts';
import { type IpPacket, PROTOCOL, carriesAnother, opensConnection } from './packet.ts';
import type { Said, Statement } from './said.ts';
import type { At, Learned } from './situation.ts';

/** docs/adr/0003: of all that fit the smallest decides, a deny before an allow. */
const PRECEDENCE = { clusterCidrDeny: 1000, cidrDeny: 2000, strictNameDeny: 2500, allow: 3000, nameDeny: 4000 };

export function precedenceOf({ policy, deny, cidr }: Statement): number {
  if (!deny) return PRECEDENCE.allow;
  if (cidr === undefined) return policy.spec.strictDeny === true ? PRECEDENCE.strictNameDeny : PRECEDENCE.nameDeny;
  return policy.kind === 'ClusterFQDNNetworkPolicy' ? PRECEDENCE.clusterCidrDeny : PRECEDENCE.cidrDeny;
}

const PROTOCOLS = { TCP: PROTOCOL.TCP, UDP: PROTOCOL.UDP, SCTP: PROTOCOL.SCTP } as const;
const PORT_MAX = 65_535;

/** No ports: every protocol. A protocol alone: all of its ports. ICMP is that of the address's family. */
function fitsPorts(ports: readonly PortRange[] | undefined, { protocol, destinationPort }: IpPacket): boolean {
  if (ports === undefined) return true;
  return ports.some(({ protocol: name = 'TCP', port = 0, endPort }) => {
    if (name === 'ICMP') return protocol === PROTOCOL.ICMP || protocol === PROTOCOL.ICMPV6;
    const last = endPort ?? (port === 0 ? PORT_MAX : port);
    return protocol === PROTOCOLS[name] && destinationPort >= port && destinationPort <= last;
  });
}

/** A rule by name means the addresses that the pod has learned for a name of it, as long as they live. */
function fitsAddress({ name, cidr }: Statement, address: string, learned: readonly Learned[], now: number): boolean {
  if (cidr !== undefined) return isIn(cidr, address);
  return (
    name !== undefined &&
    learned.some(
      (one) =>
        one.address === address &&
        one.expires > now &&
        (one.name.startsWith('v1|') ? one.name === name.canonical : matchesText(name, one.name)),
    )
  );
}

interface Ruling {
  readonly action: 'pass' | 'refuse';
  readonly reason: ReasonName;
  readonly by: readonly Statement[];
  readonly orReason?: ReasonName;
}

/** A known flow, and what is no new connection. */
export function isAlive({ flow, now, packet }: At): boolean {
  return flow !== undefined && flow.expires > now && !opensConnection(packet);
}

/**
 * Rows 11 to 14. A connection lives whatever expires: for a known flow the rule that let it through last has its
 * address, whatever is known of that now.
 */
export function rule(said: Said, at: At): Ruling {
  const { packet, learned, now, node, flow } = at;
  const known = said.statements.length > 0 ? learned.filter(({ address }) => address === packet.destination) : [];
  const own = isAlive(at) ? flow?.by : undefined;
  const reaching = said.statements.filter(
    (one) => fitsAddress(one, packet.destination, known, now) || (own !== undefined && one.name?.canonical === own),
  );
  const fitting = reaching.filter(({ ports }) => fitsPorts(ports, packet));
  if (fitting.length > 0) return decided(fitting);
  const exempt = isLeftAlone(node, packet.destination) && !carriesAnother(packet);
  if (exempt) return { action: 'pass', reason: 'PASS_RANGE', by: [] };
  if (!said.isolated) return { action: 'pass', reason: 'PASS_NOT_ISOLATED', by: [] };
  if (reaching.some(({ deny }) => !deny)) return { action: 'refuse', reason: 'DENY_PORT', by: [] };
  return { action: 'refuse', by: [], ...whyUnknown(learned, packet.destination, now) };
}

function decided(fitting: readonly Statement[]): Ruling {
  const smallest = Math.min(...fitting.map(precedenceOf));
  const first = fitting.filter((one) => precedenceOf(one) === smallest);
  const denies = first.filter(({ deny }) => deny);
  const by = denies.length > 0 ? denies : first;
  const cidrs = by.filter(({ cidr }) => cidr !== undefined);
  const kind = cidrs.length > 0 ? 'CIDR' : 'NAME';
  const deciding = cidrs.length > 0 ? cidrs : by;
  return denies.length > 0
    ? { action: 'refuse', reason: `DENY_${kind}`, by: deciding }
    : { action: 'pass', reason: `PASS_${kind}`, by: deciding };
}

/** Never learned, or learned too long ago. */
function whyUnknown(learned: readonly Learned[], address: string, now: number): Pick<Ruling, 'reason' | 'orReason'> {
  const known = learned.filter((one) => one.address === address);
  if (known.length === 0) return { reason: 'DENY_UNKNOWN' };
  const lives = known.some(({ expires }) => expires > now);
  if (!lives) return { reason: 'DENY_EXPIRED' };
  if (known.every(({ expires }) => expires > now)) {
    return {
      reason: 'DENY_UNKNOWN',
      ...(known.some(({ vague }) => vague === true) ? { orReason: 'DENY_EXPIRED' } : {}),
    };
  }
  return { reason: 'DENY_EXPIRED', orReason: 'DENY_UNKNOWN' };
}
