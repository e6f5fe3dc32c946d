/** docs/adr/0003, first table: every packet that leaves a pod. */
import type { ReasonName } from '@namewall/datapath';
import { familyOf, isIn, sameAddress } from './address.ts';
import { resolverAt } from './node.ts';
import { type IpPacket, NEIGHBOUR_OCTETS_MAX, PROTOCOL, isControl, isIcmpError } from './packet.ts';
import { verdictOfQuery } from './query.ts';
import { isAlive, rule } from './rules.ts';
import { type At, type Situation, isOn } from './situation.ts';
import { type Manner, type Verdict, firstOf, pass, refuse } from './verdict.ts';

type Row<S> = (at: S) => Verdict | undefined;

/** Rows 1 to 4. */
const BEFORE_IP: readonly Row<Situation>[] = [
  function switchedOff({ node }) {
    return node.nodeSwitch === 'Off' ? pass('PASS_SWITCHED_OFF') : undefined;
  },
  function endpointGone({ pod }) {
    return pod === undefined ? refuse('DENY_NO_ENDPOINT') : undefined;
  },
  function notIp(at) {
    const { packet, pod } = at;
    if (packet.kind === 'arp' && packet.octets <= NEIGHBOUR_OCTETS_MAX) return pass('PASS_NOT_IP');
    if (packet.kind !== 'arp' && packet.kind !== 'not IP') return undefined;
    return pod?.standing.enforced.isolated === true ? refuseOrTell('DENY_NOT_IP', at) : pass('PASS_NOT_IP');
  },
  function malformed(at) {
    if (at.packet.kind !== 'malformed') return undefined;
    return at.pod?.standing.held === true ? refuseOrTell('DENY_MALFORMED', at) : pass('PASS_UNSELECTED');
  },
  (at) => {
    const { packet, pod } = at;
    if (packet.kind !== 'ip' || pod === undefined) return undefined;
    const asked = { ...at, packet, pod };
    const verdict = firstOf(IP, asked);
    const told = isOn(at) || verdict.reason === 'PASS_CONTROL' ? [] : toldAlone(asked);
    return { ...verdict, also: [...verdict.also, ...told] };
  },
];

/** With the node switched to audit what would be refused is counted and passes. */
function refuseOrTell(reason: ReasonName, at: Situation): Verdict {
  return isOn(at) ? refuse(reason) : pass('PASS_SWITCHED_AUDIT', { also: [reason] });
}

/** What is counted so of a packet that goes on to be judged by where it goes. */
function toldAlone(at: At): ReasonName[] {
  const { packet, node, pod } = at;
  const source = wrongSource(at);
  const kind = resolverAt(node, packet.destination, packet.destinationPort, packet.protocol);
  const encrypted =
    packet.fragment !== 'later' && kind === 'encrypted' && pod.standing.enforced.filtered && !isAlive(at);
  return [...(source === undefined ? [] : [source]), ...(encrypted ? (['QUERY_ENCRYPTED'] as const) : [])];
}

/** Of a source that is not the pod's own, or a resolver's. */
function wrongSource(at: At): 'DENY_POSES_AS_RESOLVER' | 'DENY_SOURCE' | undefined {
  const { packet, node, pod } = at;
  if (resolverAt(node, packet.source, packet.sourcePort, packet.protocol) !== undefined) {
    return pod.standing.held || isForeign(at) ? 'DENY_POSES_AS_RESOLVER' : undefined;
  }
  return isForeign(at) && pod.standing.held ? 'DENY_SOURCE' : undefined;
}

/** Rows 5 to 14. */
const IP: readonly Row<At>[] = [
  function control({ packet, quoted, now }) {
    const quotes = isIcmpError(packet) && quoted?.letThroughBy === 'these policies' && quoted.expires > now;
    return isControl(packet) || quotes ? pass('PASS_CONTROL') : undefined;
  },
  function source(at) {
    const wrong = wrongSource(at);
    return wrong === undefined || !isOn(at) ? undefined : refuse(wrong);
  },
  function laterFragment(at) {
    if (at.packet.fragment !== 'later') return undefined;
    if (!at.pod.standing.enforced.isolated) return pass('PASS_NOT_ISOLATED');
    return at.firstPassed === true ? pass('PASS_FRAGMENT') : refuseOrTell('DENY_FRAGMENT', at);
  },
  function query(at) {
    const verdict = verdictOfQuery(at);
    const unseen = verdict?.reason === 'QUERY_TCP_UNSEEN' || verdict?.reason === 'QUERY_ENCRYPTED';
    return unseen ? refused(verdict, at) : verdict;
  },
  verdictOfConnection,
];

/** Rows 8 to 14. */
const CONNECTION: readonly Row<At>[] = [
  function knownFlow(at) {
    return isAlive(at) && at.flow?.letThroughBy === 'these policies' ? pass('PASS_FLOW', { keeps: 'flow' }) : undefined;
  },
  function notSelected({ pod }) {
    return pod.standing.selected ? undefined : pass('PASS_UNSELECTED', { keeps: 'new flow' });
  },
  function reply(at) {
    return isAlive(at) && at.flow?.inbound === true ? pass('PASS_FLOW', { keeps: 'flow' }) : undefined;
  },
  function allowed(at) {
    const { enforced, audited } = at.pod.standing;
    const ruling = rule(enforced, at);
    if (ruling.action === 'refuse') return undefined;
    const audit = audited !== undefined && rule(audited, at).action === 'refuse';
    return pass(ruling.reason, { ...ruling, keeps: 'new flow', audit, also: audit ? ['PASS_AUDIT_DENY'] : [] });
  },
  function grandfathered(at) {
    const { flow, pod, now, grandfather } = at;
    const older = isAlive(at) && flow?.letThroughBy === 'no policy' && flow.created < pod.selectedAt;
    return older && now < pod.selectedAt + grandfather ? pass('PASS_GRANDFATHERED', { keeps: 'flow' }) : undefined;
  },
  function leftToClose(at) {
    const left = isAlive(at) && at.flow?.letThroughBy === 'other policies' && at.pod.standing.enforced.cutOnClose;
    return left ? pass('PASS_UNTIL_CLOSE', { keeps: 'new flow' }) : undefined;
  },
  /** The node's switch: what would be refused is told and passes. */
  function switchedToAudit(at) {
    if (isOn(at)) return undefined;
    const { reason, orReason } = rule(at.pod.standing.enforced, at);
    const told = isAlive(at) && at.flow?.told === true;
    const also = told ? [] : [reason];
    return pass('PASS_SWITCHED_AUDIT', { keeps: 'new flow', also, ...(orReason === undefined ? {} : { orReason }) });
  },
  function refusedByRules(at) {
    const ruling = rule(at.pod.standing.enforced, at);
    return refuse(ruling.reason, { ...ruling, keeps: isAlive(at) ? 'cut flow' : 'nothing' });
  },
];

function verdictOfConnection(at: At): Verdict {
  const verdict = firstOf(CONNECTION, at);
  return verdict.action === 'refuse' ? refused(verdict, at) : withRoom(verdict, at);
}

/** What becomes of any packet that leaves a pod. */
export function verdictOfPacket(situation: Situation): Verdict {
  return firstOf(BEFORE_IP, situation);
}

/** Every flow that is let through is remembered: an isolated pod's is refused where there is no room for it. */
function withRoom(verdict: Verdict, at: At): Verdict {
  if (verdict.keeps !== 'new flow' || at.room.flow === 'there is') return verdict;
  const { also, audit, orReason } = verdict;
  const more = { also, audit, ...(orReason === undefined ? {} : { orReason }) };
  if (!at.pod.standing.enforced.isolated || !isOn(at)) return pass('PASS_NOT_TRACKED', more);
  return refused(refuse(at.room.flow === 'over quota' ? 'DENY_FLOW_QUOTA' : 'DENY_FLOW_FULL', more), at);
}

/** It bears an address that is known not to be the pod's. Every IPv6 link has addresses of its own. */
function isForeign({ packet: { source }, pod: { addresses } }: At): boolean {
  const known = addresses.filter((address) => familyOf(address) === familyOf(source));
  return known.length > 0 && !known.some((address) => sameAddress(address, source)) && !isIn('fe80::/10', source);
}

/** A refused packet is told so at once, in the way that its protocol understands, unless the policies want silence. */
function refused(verdict: Verdict, { packet, pod }: At): Verdict {
  const manner = pod.standing.enforced.silent ? 'silence' : mannerOf(packet);
  const told =
    manner === 'reset' ? (['REPLY_RESET'] as const) : manner === 'unreachable' ? (['REPLY_UNREACHABLE'] as const) : [];
  return { ...verdict, manner, also: [...verdict.also, ...told] };
}

function mannerOf({ fragment, protocol, tcp, destination }: IpPacket): Manner {
  // How much of a fragment a reset would acknowledge is not known.
  if (protocol === PROTOCOL.TCP) return tcp === 'RST' || fragment !== undefined ? 'silence' : 'reset';
  const many = isIn('224.0.0.0/3', destination) || isIn('ff00::/8', destination);
  return many || protocol === PROTOCOL.ICMP || protocol === PROTOCOL.ICMPV6 ? 'silence' : 'unreachable';
}
