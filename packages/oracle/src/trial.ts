/** Runs a case, and says where datapath and oracle differ. */
import type { Case } from './cases/case.ts';
import { type Happening, happeningOf } from './cases/happening.ts';
import { NAMESPACES, PODS, ZONES } from './cases/universe.ts';
import { icmpError } from './kernel/frames.ts';
import type { Host } from './kernel/host.ts';
import type { OpenQuestion } from './model.ts';
import { Difference, type Judge, Scene } from './scene.ts';
import { type NodeSpec, resolverAt } from './spec/node.ts';
import { type IpPacket, PROTOCOL, type Packet } from './spec/packet.ts';
import type { Tally } from './tally.ts';

const ZONE = new Map(ZONES.map((zone) => [zone.name, zone]));

/** @returns where they differ, if they do */
export async function differenceIn(one: Case, host: Host, tally: Tally, judge: Judge): Promise<string | undefined> {
  const { config, crowded } = one;
  const pods = PODS.slice(0, one.pods);
  using scene = new Scene({ host, tally, judge, config, pods, namespaces: NAMESPACES, crowded });
  try {
    await play(scene, one, tally);
    return undefined;
  } catch (error) {
    if (error instanceof Difference) return error.message;
    throw error;
  } finally {
    tally.settle();
  }
}

async function play(scene: Scene, { phases, pods }: Case, tally: Tally): Promise<void> {
  const asked: OpenQuestion[] = [];
  for (const [at, { policies, nodeSwitch, happenings }] of phases.entries()) {
    scene.where = `phase ${at}`;
    await scene.apply(policies, nodeSwitch);
    for (const [nth, number] of happenings.entries()) {
      const happening = happeningOf(number, pods);
      scene.where = `phase ${at}, happening ${nth}, ${JSON.stringify(happening)}`;
      happen(scene, happening, asked);
    }
    const counted = tally.audit();
    if (counted !== '') scene.differ(`in the whole phase ${counted}`);
  }
}

function happen(scene: Scene, happening: Happening, asked: OpenQuestion[]): void {
  switch (happening.kind) {
    case 'out':
      if (!isStream(scene.model.node, happening.packet)) scene.send(happening.pod, happening.packet);
      return;
    case 'in':
      if (!isStream(scene.model.node, happening.packet)) scene.receive(happening.pod, happening.packet);
      return;
    case 'ask':
      return ask(scene, happening, asked);
    case 'answer': {
      const one = asked[happening.which % asked.length];
      if (one !== undefined) scene.answer(one);
      return;
    }
    case 'again':
      return again(scene, happening);
    case 'icmp error':
      return sendIcmpError(scene, happening);
    case 'gone':
      scene.sendFromNobody(happening.packet);
      return;
    default:
      scene.wait(happening.minutes);
  }
}

function ask(scene: Scene, { pod, ...how }: Happening & { kind: 'ask' }, asked: OpenQuestion[]): void {
  const zone = ZONE.get(how.question.name.toLowerCase());
  const { asked: open } = scene.ask(pod, how.question, how.resolver, zone, how.wording);
  if (open === undefined) return;
  asked.push(open);
  if (how.answered) scene.answer(open);
}

/** The packet that opened one of a pod's flows. */
function flowOf(scene: Scene, { pod, which }: { readonly pod: number; readonly which: number }): IpPacket | undefined {
  const flows = [...(scene.model.pods[pod]?.flows.values() ?? [])];
  return flows[which % flows.length]?.packet;
}

function again(scene: Scene, happening: Happening & { kind: 'again' }): void {
  const flow = flowOf(scene, happening);
  if (flow === undefined) return;
  const { fragment: _, fragmentId: __, ...packet } = flow;
  const { destination, destinationPort, protocol } = packet;
  // Another policy's node may have a resolver there; questions are asked elsewhere.
  if (resolverAt(scene.model.node, destination, destinationPort, protocol) !== undefined) return;
  scene.send(happening.pod, protocol === PROTOCOL.TCP ? { ...packet, tcp: happening.tcp } : packet);
}

function sendIcmpError(scene: Scene, happening: Happening & { kind: 'icmp error' }): void {
  const flow = flowOf(scene, happening);
  if (flow === undefined) return;
  const v6 = flow.source.includes(':');
  const elsewhere = v6 ? '2001:db8:77::1' : '203.0.113.200';
  const outer: IpPacket = {
    kind: 'ip',
    source: flow.source,
    destination: happening.elsewhere ? elsewhere : flow.destination,
    protocol: v6 ? PROTOCOL.ICMPV6 : PROTOCOL.ICMP,
    icmpType: v6 ? 1 : 3,
    sourcePort: 0,
    destinationPort: 0,
  };
  const back: IpPacket = {
    kind: 'ip',
    protocol: flow.protocol,
    source: flow.destination,
    destination: flow.source,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
  };
  const quotes = hasPorts(flow) && outer.destination === flow.destination;
  scene.send(happening.pod, outer, icmpError(outer, back), quotes ? flow : undefined);
}

function hasPorts({ protocol }: IpPacket): boolean {
  return protocol === PROTOCOL.TCP || protocol === PROTOCOL.UDP || protocol === PROTOCOL.SCTP;
}

/** DNS over TCP: its streams have tests of their own. */
function isStream(node: NodeSpec, packet: Packet): boolean {
  if (packet.kind !== 'ip' || packet.protocol !== PROTOCOL.TCP) return false;
  return resolverAt(node, packet.destination, packet.destinationPort, packet.protocol) === 'plain';
}
