import { isIPv4 } from 'node:net';

/** Frames by hand: Ethernet, IPv4 or IPv6, and a transport header, with right checksums unless told otherwise. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
}

export const POD = '198.18.0.10';
export const POD6 = '2001:db8:1::10';
const MACS = Buffer.from('02000000000102000000000a', 'hex');
const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

export const TCP = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

/** 4 or 16 octets of an address's text. */
export function addressOctets(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail] = text.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const octets = Buffer.alloc(16);
  all.forEach((word, i) => octets.writeUInt16BE(word, 2 * i));
  return octets;
}

/** The 16 octets by which the maps know an address. */
export function mapped(text: string): Uint8Array {
  const octets = addressOctets(text);
  const all = octets.length === 16 ? octets : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), octets]);
  return new Uint8Array(all);
}

/** The Internet checksum (RFC 1071) of some octets. */
function checksum(...parts: readonly Uint8Array[]): number {
  const all = Buffer.concat([...parts]);
  const even = all.length % 2 === 0 ? all : Buffer.concat([all, Buffer.alloc(1)]);
  let sum = 0;
  for (let i = 0; i < even.length; i += 2) sum += even.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function pseudoHeader(ends: Ends, protocol: number, length: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = protocol;
  return Buffer.concat([addressOctets(ends.source), addressOctets(ends.destination), tail]);
}

export interface IpOptions {
  readonly fragment?: number;
  /** IPv4: the identification. */
  readonly id?: number;
  readonly ttl?: number;
  /** IPv4 options or IPv6 extension headers, complete. */
  readonly extra?: Uint8Array;
  /** IPv6: the header type that `extra` begins with. */
  readonly firstExtension?: number;
  /** Complete VLAN tags between the Ethernet addresses and the type. */
  readonly vlan?: Uint8Array;
}

export function ip(ends: Ends, protocol: number, payload: Uint8Array, options: IpOptions = {}): Buffer {
  const { fragment = 0, id = 0, ttl = 64, extra = Buffer.alloc(0), vlan = Buffer.alloc(0) } = options;
  if (isIPv4(ends.source)) {
    const header = Buffer.alloc(20);
    header[0] = 0x45 + extra.length / 4;
    header.writeUInt16BE(20 + extra.length + payload.length, 2);
    header.writeUInt16BE(id, 4);
    header.writeUInt16BE(fragment, 6);
    header[8] = ttl;
    header[9] = protocol;
    addressOctets(ends.source).copy(header, 12);
    addressOctets(ends.destination).copy(header, 16);
    header.writeUInt16BE(checksum(header, extra), 10);
    return Buffer.concat([MACS, vlan, Buffer.from('0800', 'hex'), header, extra, payload]);
  }
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(extra.length + payload.length, 4);
  header[6] = options.firstExtension ?? protocol;
  header[7] = ttl;
  addressOctets(ends.source).copy(header, 8);
  addressOctets(ends.destination).copy(header, 24);
  return Buffer.concat([MACS, vlan, Buffer.from('86dd', 'hex'), header, extra, payload]);
}

export interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export function udp(ends: Ends & Ports, payload: Uint8Array, options: IpOptions & { udpLength?: number } = {}): Buffer {
  const segment = Buffer.concat([Buffer.alloc(8), payload]);
  segment.writeUInt16BE(ends.sourcePort, 0);
  segment.writeUInt16BE(ends.destinationPort, 2);
  segment.writeUInt16BE(options.udpLength ?? segment.length, 4);
  segment.writeUInt16BE(checksum(pseudoHeader(ends, PROTOCOL.udp, segment.length), segment) || 0xffff, 6);
  return ip(ends, PROTOCOL.udp, segment, options);
}

export interface TcpFields {
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly payload?: Uint8Array;
}

export function tcp(ends: Ends & Ports, fields: TcpFields, options: IpOptions = {}): Buffer {
  const segment = Buffer.concat([Buffer.alloc(20), fields.payload ?? Buffer.alloc(0)]);
  segment.writeUInt16BE(ends.sourcePort, 0);
  segment.writeUInt16BE(ends.destinationPort, 2);
  segment.writeUInt32BE(fields.sequence ?? 0, 4);
  segment.writeUInt32BE(fields.acknowledgement ?? 0, 8);
  segment[12] = 0x50;
  segment[13] = fields.flags;
  segment.writeUInt16BE(64240, 14);
  segment.writeUInt16BE(checksum(pseudoHeader(ends, PROTOCOL.tcp, segment.length), segment), 16);
  return ip(ends, PROTOCOL.tcp, segment, options);
}

/** ICMP or ICMPv6, by the addresses' family; `rest` is everything behind type, code and checksum. */
export function icmp(ends: Ends, type: number, code: number, rest: Uint8Array, options: IpOptions = {}): Buffer {
  const segment = Buffer.concat([Buffer.from([type, code, 0, 0]), rest]);
  const v4 = isIPv4(ends.source);
  const before = v4 ? Buffer.alloc(0) : pseudoHeader(ends, PROTOCOL.icmp6, segment.length);
  segment.writeUInt16BE(checksum(before, segment), 2);
  return ip(ends, v4 ? PROTOCOL.icmp : PROTOCOL.icmp6, segment, options);
}

/** What stands in a frame without options or extension headers. */
export interface Parsed extends Ends, Ports {
  readonly protocol: number;
  readonly ipHeader: Buffer;
  readonly segment: Buffer;
  readonly payload: Buffer;
  /** 0 when the transport checksum is right. */
  readonly transportChecksum: number;
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return [...octets].join('.');
  return Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16)).join(':');
}

export function parse(frame: Uint8Array): Parsed {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const v4 = bytes.readUInt16BE(12) === 0x0800;
  const size = v4 ? 20 : 40;
  const ipHeader = bytes.subarray(14, 14 + size);
  const length = v4 ? ipHeader.readUInt16BE(2) - 20 : ipHeader.readUInt16BE(4);
  const segment = bytes.subarray(14 + size, 14 + size + length);
  const protocol = ipHeader[v4 ? 9 : 6] ?? 0;
  const source = v4 ? ipHeader.subarray(12, 16) : ipHeader.subarray(8, 24);
  const destination = v4 ? ipHeader.subarray(16, 20) : ipHeader.subarray(24, 40);
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = protocol;
  const before = protocol === PROTOCOL.icmp ? Buffer.alloc(0) : Buffer.concat([source, destination, tail]);
  return {
    source: addressText(source),
    destination: addressText(destination),
    sourcePort: segment.readUInt16BE(0),
    destinationPort: segment.readUInt16BE(2),
    protocol,
    ipHeader,
    segment,
    payload: segment.subarray(protocol === PROTOCOL.tcp ? 20 : 8),
    transportChecksum: checksum(before, segment),
  };
}
