/** What a pod has learned, asked and opened, kept by the meaning of what happened; the oracle is told of it. */
import type { ReasonName } from '@namewall/datapath';
import { matchesText, parseDuration } from '@namewall/policy';
import { SIZES } from './kernel/host.ts';
import { DURATIONS, type Zone } from './cases/universe.ts';
import { type Lifetime, type Said, type Standing, lifeOf } from './spec/said.ts';
import { DISCOVERY, type NodeSpec, isInternalName, mayBeLearned } from './spec/node.ts';
import { type IpPacket, PROTOCOL, type Question, opensConnection } from './spec/packet.ts';
import type { Flow, Learned, Room } from './spec/situation.ts';
import type { Verdict } from './spec/verdict.ts';

const secondsOf = (text: string): number => Number(parseDuration(text)) / 1e9;
/** Seconds. */
export const TIMES: Readonly<Record<keyof typeof DURATIONS, number>> = {
  ttlFloor: secondsOf(DURATIONS.ttlFloor),
  ttlCeiling: secondsOf(DURATIONS.ttlCeiling),
  ttlGrace: secondsOf(DURATIONS.ttlGrace),
  pendingAge: secondsOf(DURATIONS.pendingAge),
  tcpIdle: secondsOf(DURATIONS.tcpIdle),
  tcpOpening: secondsOf(DURATIONS.tcpOpening),
  tcpClosing: secondsOf(DURATIONS.tcpClosing),
  udpIdle: secondsOf(DURATIONS.udpIdle),
  icmpIdle: secondsOf(DURATIONS.icmpIdle),
  grandfather: secondsOf(DURATIONS.grandfather),
};

const NOBODYS = -1;
/** Seconds; nothing expires at 0. */
const EPOCH = 3600;
/** Seconds; half a minute like the others. */
const FRAGMENT_LIFE = 30;
const NODE_LIFETIME: Lifetime = { floor: TIMES.ttlFloor, ceiling: TIMES.ttlCeiling, grace: TIMES.ttlGrace };

interface Fact {
  readonly address: string;
  readonly name: string;
  /** By the latest answer, whoever it is for. */
  recent: number;
  /** As long as it counts for a rule; 0 = no rule of its time selected the name. */
  expires: number;
  vague: boolean;
}

interface KeptFlow {
  readonly packet: IpPacket;
  expires: number;
  created: number;
  inbound: boolean;
  /** Number of the ruleset that last let it through; 0 = none. */
  generation: number;
  /** That one enforces nothing. */
  free: boolean;
  /** By what the last decision let it through. */
  reason: ReasonName;
  /** The selector of the rule that did, if it was one by name. */
  by: string | undefined;
  tcp: 'opening' | 'open' | 'closing';
}

export interface OpenQuestion {
  readonly pod: number;
  readonly question: Question;
  readonly resolver: string;
  readonly port: number;
  /** The address that asked. */
  readonly to: string;
  readonly id: number;
  readonly created: number;
  readonly zone: Zone | undefined;
  /** A rule selects the name: its answer is learned. */
  known: boolean;
  answered: boolean;
  gone: boolean;
}

export class PodModel {
  readonly flows = new Map<string, KeptFlow>();
  readonly facts = new Map<string, Fact>();
  readonly questions: OpenQuestion[] = [];
  readonly firsts = new Map<
    number,
    { readonly packet: IpPacket; readonly until: number; readonly generation: number }
  >();
  standing: Standing = NOBODY;
  generation = 0;
  selectedAt = 0;
  /** It has sent, while that was let, what bears another's address. */
  foreign = false;
  endpoint = 0;

  open(inbound: boolean): number {
    let count = 0;
    for (const flow of this.flows.values()) if (flow.inbound === inbound) count++;
    return count;
  }

  get pending(): number {
    let count = 0;
    for (const { gone } of this.questions) if (!gone) count++;
    return count;
  }

  learned(): Learned[] {
    return [...this.facts.values()].filter(({ expires }) => expires > 0);
  }
}

const NOTHING: Said = {
  statements: [],
  isolated: false,
  filtered: false,
  rcode: 'REFUSED',
  silent: false,
  cutOnClose: false,
  lifetime: {},
  idleWindow: undefined,
};
const NOBODY: Standing = { selected: false, held: false, enforced: NOTHING, audited: undefined };

/** The tables of the node that its pods share. */
export class Model {
  readonly pods: readonly PodModel[];
  readonly node: NodeSpec;
  readonly strangers: { readonly flows: number; readonly pending: number };
  nodeSwitch: 'On' | 'Audit' | 'Off' = 'On';
  now = EPOCH;
  #moments = 0;

  /** Seconds. */
  readonly idleWindow: number;

  constructor(pods: number, node: NodeSpec, strangers: { flows: number; pending: number }) {
    this.pods = Array.from({ length: pods }, () => new PodModel());
    this.node = node;
    this.strangers = strangers;
    this.idleWindow = secondsOf(node.durations?.idleWindow ?? '0s');
  }

  /** Later than any before. */
  #moment(): number {
    this.#moments += 1e-6;
    return this.now + this.#moments;
  }

  get spec(): NodeSpec {
    return { ...this.node, nodeSwitch: this.nodeSwitch };
  }

  /** Other policies come into force: what the pod was told lately counts for those that select it. */
  /** What a verdict leaves behind. `selector`: the rule that decided, where there are several that say the same. */
  became(
    pod: PodModel,
    packet: IpPacket,
    verdict: Verdict,
    told: { selector: string | undefined; foreign: boolean },
  ): void {
    const { keeps, reason, action } = verdict;
    if (keeps === 'flow' || keeps === 'new flow') this.#passed(pod, packet, verdict, told.selector);
    if (keeps === 'cut flow') this.#cut(pod, packet, reason);
    if (reason === 'PASS_NAME' && told.selector !== undefined) this.#keep(pod, packet.destination, told.selector);
    if (action !== 'pass') return;
    // What only the node's switch has passed is followed by nothing when the node enforces again.
    const allowed = keeps !== 'nothing' && reason !== 'PASS_SWITCHED_AUDIT' && reason !== 'PASS_GRANDFATHERED';
    if (packet.fragment === 'first' && (this.nodeSwitch === 'On' || allowed)) this.#remember(pod, packet);
    if (told.foreign && reason !== 'PASS_CONTROL' && reason !== 'PASS_SWITCHED_OFF') pod.foreign = true;
  }

  /** A flow was let through by a rule's name: its address is kept for that rule. */
  #keep(pod: PodModel, address: string, selector: string): void {
    const window = pod.standing.enforced.idleWindow ?? this.idleWindow;
    const key = `${address} ${selector}`;
    const kept = pod.facts.get(key) ?? { address, name: selector, recent: 0, expires: 0, vague: true };
    kept.expires = Math.max(kept.expires, this.now + window);
    if (window > 0) pod.facts.set(key, kept);
  }

  move(pod: PodModel, standing: Standing, generation: number): void {
    const first = standing.held && !pod.standing.held;
    pod.standing = standing;
    if (generation === pod.generation) return;
    if (first) pod.selectedAt = this.#moment();
    if (!standing.held) pod.selectedAt = 0;
    pod.generation = generation;
    for (const one of pod.questions) one.known ||= generation !== 0 && this.selects(standing, one.question.name);
    for (const fact of pod.facts.values()) {
      fact.vague = true;
      if (generation === 0 || !mayBeLearned(this.node, fact.address) || !this.selects(standing, fact.name)) continue;
      const until = fact.recent > this.now ? fact.recent : first ? this.#inUse(pod, fact.address) : 0;
      fact.expires = Math.max(fact.expires, until);
    }
  }

  /** An address that a pod uses when a policy first selects it lives for the idle window. */
  #inUse({ flows, standing }: PodModel, address: string): number {
    const used = [...flows.values()].some(
      ({ packet, expires }) => packet.destination === address && expires > this.now,
    );
    const window = standing.enforced.idleWindow ?? this.idleWindow;
    return used && window > 0 ? this.now + window : 0;
  }

  /** Whether a rule, be it a deny or an audited one, or the cluster's own domain has the name. */
  selects({ selected, enforced, audited }: Standing, name: string): boolean {
    if (!selected) return false;
    const folded = name.toLowerCase();
    const said = audited ?? enforced;
    if (said.statements.some((one) => one.name !== undefined && matchesText(one.name, folded))) return true;
    const filtered = enforced.filtered || said.filtered;
    return filtered && (folded === DISCOVERY || isInternalName(this.node, folded));
  }

  questionRoom(pod: PodModel): Room {
    if (pod.pending >= (this.node.quotas?.pending ?? SIZES.pending)) return 'over quota';
    const all = this.pods.reduce((sum, one) => sum + one.pending, this.strangers.pending);
    return all >= SIZES.pending ? 'table full' : 'there is';
  }

  flowRoom(pod: PodModel, packet: IpPacket, inbound = false): Room {
    const held = pod.flows.get(keyOf(packet));
    const over =
      pod.open(inbound) >= ((inbound ? this.node.quotas?.flowsIn : this.node.quotas?.flowsOut) ?? SIZES.flows);
    if (held !== undefined) {
      const ended = held.expires <= this.now || (inbound ? isOver(held) : opensConnection(packet));
      return ended && held.inbound !== inbound && over ? 'over quota' : 'there is';
    }
    if (over) return 'over quota';
    const all = this.pods.reduce((sum, one) => sum + one.flows.size, this.strangers.flows);
    return all >= SIZES.flows ? 'table full' : 'there is';
  }

  flowOf(pod: PodModel, packet: IpPacket): Flow | undefined {
    const held = pod.flows.get(keyOf(packet));
    if (held === undefined) return undefined;
    const { expires, created, inbound } = held;
    return {
      expires,
      created,
      inbound,
      letThroughBy: author(held, pod),
      told: held.reason === 'PASS_SWITCHED_AUDIT',
      by: held.by,
    };
  }

  /** A first fragment was let through; `passed` as a whole packet. */
  #remember(pod: PodModel, packet: IpPacket): void {
    const until = this.now + FRAGMENT_LIFE;
    pod.firsts.set((packet.fragmentId ?? 0) & 15, { packet, until, generation: pod.generation });
  }

  /** A later fragment's first is remembered. */
  follows(pod: PodModel, { fragmentId = 0, source, destination }: IpPacket): boolean {
    const first = pod.firsts.get(fragmentId & 15);
    if (first === undefined || first.until <= this.now || first.generation !== pod.generation) return false;
    const { packet } = first;
    return packet.fragmentId === fragmentId && packet.source === source && packet.destination === destination;
  }

  /** A flow was refused. */
  #cut(pod: PodModel, packet: IpPacket, reason: ReasonName): void {
    const held = pod.flows.get(keyOf(packet));
    if (held === undefined) return;
    Object.assign(held, {
      free: false,
      generation: NOBODYS,
      reason,
      by: undefined,
      expires: this.now + idle(packet.protocol, 'closing'),
    });
  }

  /** A packet of the pod's was let through; `keeps`: see Verdict. */
  #passed(pod: PodModel, packet: IpPacket, { keeps, reason }: Verdict, selector: string | undefined): void {
    const key = keyOf(packet);
    const held = pod.flows.get(key);
    const ended = held !== undefined && (held.expires <= this.now || opensConnection(packet));
    const flow: KeptFlow = held ?? fresh(packet, this.#moment(), pod.generation, false);
    if (ended) Object.assign(flow, { inbound: false, tcp: 'opening', created: this.#moment() });
    if (keeps === 'new flow' || flow.inbound) flow.generation = pod.generation;
    if (reason === 'PASS_SWITCHED_AUDIT') flow.generation = NOBODYS;
    if (keeps === 'new flow' && reason !== 'PASS_UNTIL_CLOSE') {
      Object.assign(flow, { reason, free: !pod.standing.held, by: reason === 'PASS_NAME' ? selector : undefined });
    }
    this.#refresh(flow, packet);
    pod.flows.set(key, flow);
  }

  #refresh(flow: KeptFlow, { protocol, tcp }: IpPacket): void {
    if (protocol === PROTOCOL.TCP && flow.tcp !== 'closing') {
      if (tcp === 'FIN' || tcp === 'RST') flow.tcp = 'closing';
      else if (tcp === 'ACK') flow.tcp = 'open';
    }
    flow.expires = this.now + idle(protocol, flow.tcp);
  }

  /** A call from outside came in: what was counted. */
  calledFromOutside(pod: PodModel, packet: IpPacket): 'PASS_INBOUND' | 'PASS_INBOUND_FLOW' | 'PASS_INBOUND_QUOTA' {
    if (!this.isBelieved(pod)) return 'PASS_INBOUND';
    if (packet.protocol === PROTOCOL.TCP && packet.tcp !== 'SYN') return this.#segment(pod, packet);
    const key = keyOf(packet);
    const held = pod.flows.get(key);
    if (held !== undefined && held.expires > this.now && !isOver(held)) {
      if (held.generation === NOBODYS) held.expires = this.now + idle(packet.protocol, 'opening');
      return 'PASS_INBOUND';
    }
    if (this.flowRoom(pod, packet, true) !== 'there is') return 'PASS_INBOUND_QUOTA';
    const flow = fresh(packet, this.#moment(), pod.generation, true);
    flow.expires = this.now + idle(packet.protocol, 'opening');
    pod.flows.set(key, flow);
    return 'PASS_INBOUND_FLOW';
  }

  /** Of what comes from outside only a reset has a say in a flow that is known. */
  #segment(pod: PodModel, packet: IpPacket): 'PASS_INBOUND' {
    const held = pod.flows.get(keyOf(packet));
    const soon = this.now + TIMES.tcpClosing;
    if (packet.tcp === 'RST' && held !== undefined && held.expires > soon) held.expires = soon;
    return 'PASS_INBOUND';
  }

  /** Not where what arrives may be the pod's own doing. */
  isBelieved({ foreign, standing, selectedAt }: PodModel): boolean {
    return !foreign || (standing.held && this.nodeSwitch === 'On' && this.now >= selectedAt + TIMES.pendingAge);
  }

  /** An answer to an open question arrived. */
  answered(
    pod: PodModel,
    asked: OpenQuestion,
  ): 'ANSWER_LEARNED' | 'ANSWER_NO_ADDRESS' | `ANSWER_${'UNSOLICITED' | 'NOT_BELIEVED' | 'LATE' | 'REPEATED'}` {
    if (asked.gone) return 'ANSWER_UNSOLICITED';
    if (!this.isBelieved(pod)) return 'ANSWER_NOT_BELIEVED';
    if (asked.created + TIMES.pendingAge < this.now) return 'ANSWER_LATE';
    if (asked.answered) return 'ANSWER_REPEATED';
    asked.answered = true;
    const { type } = asked.question;
    const wanted = type === 'A' || type === 'AAAA' ? (asked.zone?.addresses ?? []) : [];
    const addresses = wanted.filter((address) => address.includes(':') === (type === 'AAAA'));
    for (const address of addresses) this.#learn(pod, asked, address);
    if (pod.pending >= Math.floor((this.node.quotas?.pending ?? SIZES.pending) / 2)) asked.gone = true;
    return addresses.length > 0 ? 'ANSWER_LEARNED' : 'ANSWER_NO_ADDRESS';
  }

  #learn(pod: PodModel, { zone, known }: OpenQuestion, address: string): void {
    const name = zone?.name ?? '';
    const key = `${address} ${name}`;
    const expires = this.now + lifeOf(zone?.ttl ?? 0, pod.standing.enforced.lifetime, NODE_LIFETIME);
    const fact = pod.facts.get(key) ?? { address, name, recent: 0, expires: 0, vague: false };
    if (fact.expires > 0 && fact.expires <= this.now) fact.vague = true;
    fact.recent = expires;
    if (known && mayBeLearned(this.node, address)) fact.expires = Math.max(fact.expires, expires);
    pod.facts.set(key, fact);
  }
}

function fresh(packet: IpPacket, now: number, generation: number, inbound: boolean): KeptFlow {
  return {
    packet,
    expires: 0,
    created: now,
    inbound,
    generation,
    tcp: 'opening',
    reason: 'PASS_INBOUND_FLOW',
    by: undefined,
    free: false,
  };
}

/** Who let a flow through last, as the policies in force see it. */
function author({ generation, free }: KeptFlow, pod: PodModel): Flow['letThroughBy'] {
  if (generation === pod.generation) return 'these policies';
  if (generation === NOBODYS) return 'nobody';
  return generation === 0 || free ? 'no policy' : 'other policies';
}

/** A TCP connection that was refused: its far end may call anew. */
function isOver({ generation, packet }: KeptFlow): boolean {
  return generation === NOBODYS && packet.protocol === PROTOCOL.TCP;
}

function idle(protocol: number, tcp: KeptFlow['tcp']): number {
  if (protocol === PROTOCOL.TCP) {
    return { opening: TIMES.tcpOpening, open: TIMES.tcpIdle, closing: TIMES.tcpClosing }[tcp];
  }
  return protocol === PROTOCOL.ICMP || protocol === PROTOCOL.ICMPV6 ? TIMES.icmpIdle : TIMES.udpIdle;
}

/** From the pod's side, in either direction. */
function keyOf({ protocol, source, destination, sourcePort, destinationPort }: IpPacket): string {
  return `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
}
