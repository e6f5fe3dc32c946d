/** Frames between one pod and its resolver: Ethernet, IPv4 or IPv6, UDP. Checksums are zero: the programs do not look. */
export type Family = 4 | 6;

const MACS = '02000000000102000000000a';
const POD = { 4: 'c612000a', 6: '20010db8000100000000000000000010' } as const;
export const RESOLVER = { 4: 'c6336435', 6: '20010db8000500000000000000000053' } as const;
const DNS = 53;
const UDP_HEADER = 8;
const HEADERS = {
  in: { 4: headers(4, RESOLVER[4], POD[4]), 6: headers(6, RESOLVER[6], POD[6]) },
  out: { 4: headers(4, POD[4], RESOLVER[4]), 6: headers(6, POD[6], RESOLVER[6]) },
} as const;

export interface Framing {
  readonly family: Family;
  readonly podPort: number;
  /** Of the message's last octets, how many stand behind the IP packet, where Ethernet pads. */
  readonly trailer?: number;
  /** Added to the UDP length. */
  readonly udpLengthOff?: number;
}

export function frame(direction: 'in' | 'out', message: Uint8Array, framing: Framing): Buffer {
  const { family, podPort, trailer = 0, udpLengthOff = 0 } = framing;
  const head = HEADERS[direction][family];
  const octets = Buffer.allocUnsafe(head.length + UDP_HEADER + message.length);
  octets.set(head);
  octets.set(message, head.length + UDP_HEADER);
  const udpLength = UDP_HEADER + message.length - trailer;
  if (family === 4) octets.writeUInt16BE(20 + udpLength, 16);
  else octets.writeUInt16BE(udpLength, 18);
  octets.writeUInt16BE(direction === 'in' ? DNS : podPort, head.length);
  octets.writeUInt16BE(direction === 'in' ? podPort : DNS, head.length + 2);
  octets.writeUInt16BE((udpLength + udpLengthOff) & 0xffff, head.length + 4);
  octets.writeUInt16BE(0, head.length + 6);
  return octets;
}

export interface Segment {
  readonly family: Family;
  readonly podPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
}

const TCP = 6;
const TCP_HEADER = 20;

/** A TCP segment, as {@link frame} makes a datagram. */
export function segmentFrame(direction: 'in' | 'out', payload: Uint8Array, segment: Segment): Buffer {
  const { family, podPort, sequence, acknowledgement, flags } = segment;
  const head = HEADERS[direction][family];
  const octets = Buffer.alloc(head.length + TCP_HEADER + payload.length);
  octets.set(head);
  octets.set(payload, head.length + TCP_HEADER);
  octets[family === 4 ? 23 : 20] = TCP;
  if (family === 4) octets.writeUInt16BE(20 + TCP_HEADER + payload.length, 16);
  else octets.writeUInt16BE(TCP_HEADER + payload.length, 18);
  octets.writeUInt16BE(direction === 'in' ? DNS : podPort, head.length);
  octets.writeUInt16BE(direction === 'in' ? podPort : DNS, head.length + 2);
  octets.writeUInt32BE(sequence >>> 0, head.length + 4);
  octets.writeUInt32BE(acknowledgement >>> 0, head.length + 8);
  octets[head.length + 12] = (TCP_HEADER / 4) << 4;
  octets[head.length + 13] = flags;
  return octets;
}

/** The message in a frame made by {@link frame}, with what stands behind the IP packet. */
export function messageIn(octets: Uint8Array, family: Family): Uint8Array {
  return octets.subarray(HEADERS.in[family].length + UDP_HEADER);
}

function headers(family: Family, source: string, destination: string): Buffer {
  // Type, then the header up to the addresses; the lengths are filled in later.
  const head = family === 4 ? '0800450000000000400040110000' : '86dd6000000000001140';
  return Buffer.from(MACS + head + source + destination, 'hex');
}

/** An address of 4 or 16 octets in hex as the maps hold it. */
export function mapped(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.length === 8 ? `00000000000000000000ffff${hex}` : hex, 'hex'));
}
