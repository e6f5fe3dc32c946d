/** What leaves a pod, as far as its verdict hangs on it. */
import { isIn } from './address.ts';

export const PROTOCOL = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132 } as const;

/** A question to a name server, as it stands in a UDP packet. */
export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'PTR' | 'TXT';
}

export interface IpPacket {
  readonly kind: 'ip';
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** 0 where the protocol has none. An ICMP echo's identifier stands for its source port. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tcp?: 'SYN' | 'ACK' | 'FIN' | 'RST';
  readonly icmpType?: number;
  readonly hopLimit?: number;
  readonly fragment?: 'first' | 'later';
  /** The datagram that it is a fragment of. */
  readonly fragmentId?: number;
  /** The one plain question that it is, where it is one. */
  readonly question?: Question;
  /** Behind UDP: the kind of message that a whole DNS header says it is. */
  readonly message?: 'query' | 'response';
}

export type Packet =
  | IpPacket
  | { readonly kind: 'arp'; readonly octets: number }
  | { readonly kind: 'not IP' }
  /** Or with IPv4 options other than IGMP's. */
  | { readonly kind: 'malformed' };

/** Neighbour discovery and ARP are no longer than this: what is longer carries something. */
export const NEIGHBOUR_OCTETS_MAX = 128;

/** A pod's SYN opens a connection, whatever flow its ports had before. */
export function opensConnection({ protocol, tcp }: IpPacket): boolean {
  return protocol === PROTOCOL.TCP && tcp === 'SYN';
}

/**
 * Whether a packet carries another one, whose destination is not judged: VXLAN (4789, and 8472 as Linux has
 * it), Geneve (6081), and every protocol but TCP, UDP, SCTP and ICMP.
 */
export function carriesAnother({ protocol, destinationPort }: IpPacket): boolean {
  if (protocol === PROTOCOL.UDP) return [4789, 8472, 6081].includes(destinationPort);
  return ![PROTOCOL.TCP, PROTOCOL.SCTP, PROTOCOL.ICMP, PROTOCOL.ICMPV6].includes(protocol as 6);
}

/** Multicast that no router forwards. */
function isOnLink(address: string): boolean {
  return isIn('224.0.0.0/24', address) || isIn('ff02::/16', address);
}

/** What a pod needs to be on the network at all; ICMP errors are apart, since they hang on a flow. */
export function isControl(packet: IpPacket): boolean {
  const { protocol, source, sourcePort, destination, destinationPort, icmpType = -1, hopLimit = 64 } = packet;
  if (protocol === PROTOCOL.UDP) {
    const dhcp = sourcePort === 68 && destinationPort === 67 && destination === '255.255.255.255';
    return dhcp || (sourcePort === 546 && destinationPort === 547 && isOnLink(destination) && source.includes(':'));
  }
  if (protocol === PROTOCOL.IGMP) return isIn('224.0.0.0/24', destination);
  if (protocol !== PROTOCOL.ICMPV6) return false;
  const isNear = isOnLink(destination) || isIn('fe80::/10', destination);
  if ([133, 135, 136].includes(icmpType)) return hopLimit === 255 && isNear;
  return [131, 132, 143].includes(icmpType) && hopLimit === 1 && isOnLink(destination);
}

export function isIcmpError({ protocol, icmpType = -1 }: IpPacket): boolean {
  if (protocol === PROTOCOL.ICMP) return [3, 11, 12].includes(icmpType);
  return protocol === PROTOCOL.ICMPV6 && icmpType >= 1 && icmpType <= 4;
}
