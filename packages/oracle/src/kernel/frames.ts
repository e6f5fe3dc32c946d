/** Packets of a case as frames. */
import { TCP, icmp, ip, tcp, udp } from '@namewall/datapath/testing/frames';
import { FLAG, TYPE, header, query, question, record, response } from '@namewall/datapath/testing/messages';
import { parseAddress } from '@namewall/policy';
import type { Wording } from '../cases/happening.ts';
import type { Zone } from '../cases/universe.ts';
import { type IpPacket, PROTOCOL, type Packet, type Question } from '../spec/packet.ts';

const BYTES = Buffer.alloc(16);
const FLAGS = { SYN: TCP.SYN, ACK: TCP.ACK, FIN: TCP.FIN | TCP.ACK, RST: TCP.RST } as const;
const FIRST = 0x2000;
const LATER = 0x00b9;
const FRAGMENT_HEADER = 44;
const NO_OPERATION = 1;
const DNS = 53;

const KEPT_MAX = 50_000;
const kept = new Map<string, Buffer>();

/** Frames are made once: the programs get a copy. */
export function frameOf(packet: Packet): Buffer {
  const key = packet.kind === 'ip' ? keyOf(packet) : JSON.stringify(packet);
  const found = kept.get(key);
  if (found !== undefined) return found;
  const frame = makeFrame(packet);
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(key, frame);
  return frame;
}

function keyOf({ protocol, source, sourcePort, destination, destinationPort, ...rest }: IpPacket): string {
  const { tcp: flag = '', icmpType = 0, hopLimit = 64, fragment = '', fragmentId = 0 } = rest;
  const ends = `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
  return `${ends} ${flag} ${icmpType} ${hopLimit} ${fragment} ${fragmentId}`;
}

/** @param payload of UDP */
export function makeFrame(packet: Packet, payload: Uint8Array = BYTES.subarray(0, 8)): Buffer {
  if (packet.kind === 'arp') return ethernet(0x0806, packet.octets);
  if (packet.kind === 'not IP') return ethernet(0x88cc, 60);
  if (packet.kind === 'malformed') {
    const options = Buffer.alloc(4, NO_OPERATION);
    return ip({ source: '198.18.4.1', destination: '203.0.113.1' }, PROTOCOL.TCP, Buffer.alloc(20), { extra: options });
  }
  const ends = { source: packet.source, destination: packet.destination };
  const ported = { ...ends, sourcePort: packet.sourcePort, destinationPort: packet.destinationPort };
  const options = ipOptions(packet);
  switch (packet.protocol) {
    case PROTOCOL.TCP:
      return tcp(ported, { flags: FLAGS[packet.tcp ?? 'SYN'] }, options);
    case PROTOCOL.UDP:
      return packet.fragment === 'later' ? ip(ends, PROTOCOL.UDP, BYTES, options) : udp(ported, payload, options);
    case PROTOCOL.ICMP:
    case PROTOCOL.ICMPV6:
      return icmp(ends, packet.icmpType ?? 8, 0, echo(packet), options);
    case PROTOCOL.SCTP:
      return ip(ends, PROTOCOL.SCTP, Buffer.concat([ports(ported), BYTES]), options);
    default:
      return ip(ends, packet.protocol, Buffer.concat([BYTES, BYTES]), options);
  }
}

function ipOptions({ fragment, fragmentId = 0, source, protocol, hopLimit = 64 }: IpPacket) {
  if (fragment === undefined) return { ttl: hopLimit };
  const bits = fragment === 'first' ? FIRST : LATER;
  if (!source.includes(':')) return { ttl: hopLimit, fragment: bits, id: fragmentId };
  const extra = Buffer.alloc(8);
  extra[0] = protocol;
  extra.writeUInt16BE(fragment === 'first' ? 1 : LATER << 3, 2);
  extra.writeUInt32BE(fragmentId, 4);
  return { ttl: hopLimit, extra, firstExtension: FRAGMENT_HEADER };
}

/** The same packet as it comes from the other end. */
export function inbound({ source, destination, sourcePort, destinationPort, ...rest }: IpPacket): Buffer {
  const echoed = rest.protocol === PROTOCOL.ICMP || rest.protocol === PROTOCOL.ICMPV6;
  return frameOf({
    ...rest,
    source: destination,
    destination: source,
    sourcePort: echoed ? sourcePort : destinationPort,
    destinationPort: echoed ? destinationPort : sourcePort,
  });
}

function ethernet(type: number, octets: number): Buffer {
  const frame = Buffer.alloc(octets);
  Buffer.from('02000000000102000000000a', 'hex').copy(frame);
  frame.writeUInt16BE(type, 12);
  return frame;
}

function echo({ sourcePort }: IpPacket): Buffer {
  const rest = Buffer.alloc(12);
  rest.writeUInt16BE(sourcePort, 0);
  return rest;
}

function ports({ sourcePort, destinationPort }: { sourcePort: number; destinationPort: number }): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt16BE(sourcePort, 0);
  octets.writeUInt16BE(destinationPort, 2);
  return octets;
}

/** The error "port unreachable" about a packet from `destination` to `source`, which the pod sends. */
export function icmpError(outer: IpPacket, quoted: IpPacket): Buffer {
  const v6 = quoted.source.includes(':');
  const inner = makeFrame({ ...quoted, tcp: 'ACK' }).subarray(14, 14 + (v6 ? 48 : 28));
  const ends = { source: outer.source, destination: outer.destination };
  return icmp(ends, v6 ? 1 : 3, v6 ? 4 : 3, Buffer.concat([Buffer.alloc(4), inner]));
}

const TYPES = { ...TYPE, PTR: 12 };

export function queryMessage({ name, type }: Question, wording: Wording, id: number): Buffer {
  if (wording === 'plain') return query(name, TYPES[type], { id });
  if (wording === 'response') return query(name, TYPES[type], { id, flags: FLAG.QR | FLAG.RD });
  if (wording === 'cut') return header({ id }).subarray(0, 8);
  if (wording === 'class CH') return Buffer.concat([header({ id }), question(name, TYPES[type], 3)]);
  const two = [question(name, TYPES[type]), question('second.example', TYPES[type])];
  return Buffer.concat([header({ id, counts: [2, 0, 0, 0] }), ...two]);
}

/** What a zone answers to a question: the chain of its aliases, then the addresses of the question's family. */
export function answerMessage({ name, type }: Question, zone: Zone | undefined, id: number): Buffer {
  const addresses = (zone?.addresses ?? []).filter((address) => address.includes(':') === (type === 'AAAA'));
  const chain = zone === undefined || addresses.length === 0 || type === 'TXT' ? [] : [name, ...zone.aliases];
  const aliases = chain
    .slice(1)
    .map((alias, at) => record(chain[at] ?? name, TYPE.CNAME, wireOf(alias), { ttl: 3600 }));
  const ttl = zone?.ttl ?? 0;
  const owner = chain.at(-1) ?? name;
  const found =
    chain.length === 0 ? [] : addresses.map((address) => record(owner, TYPES[type], octetsOf(address), { ttl }));
  return response(name, TYPES[type], [...aliases, ...found], { id });
}

/** From a resolver's port 53 to the pod. */
export function answerFrame(resolver: string, pod: string, podPort: number, message: Uint8Array): Buffer {
  return udp({ source: resolver, destination: pod, sourcePort: DNS, destinationPort: podPort }, message);
}

function wireOf(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

function octetsOf(address: string): Uint8Array {
  const octets = parseAddress(address);
  return address.includes(':') ? octets : octets.subarray(12);
}
