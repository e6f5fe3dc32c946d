import { isIPv4, isIPv6 } from 'node:net';
import { ValueError } from '../errors.ts';

/** The first 12 octets of an IPv4 address in 16. */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
export const MAPPED_BITS = 96;

/**
 * An address in 16 octets, IPv4 as ::ffff:a.b.c.d.
 *
 * @throws ValueError also for a zone ("%eth0")
 */
export function parseAddress(text: string): Uint8Array {
  const address = new Uint8Array(16);
  if (isIPv4(text)) {
    address.set(MAPPED);
    address.set(text.split('.').map(Number), 12);
    return address;
  }
  if (!isIPv6(text) || text.includes('%')) {
    throw new ValueError('ADDRESS', `"${text}" is not an IP address`, 'write it like 192.0.2.1 or 2001:db8::1');
  }
  const [head = '', tail] = text.split('::');
  const front = groupOctets(head);
  address.set(front);
  if (tail !== undefined) {
    const back = groupOctets(tail);
    address.set(back, 16 - back.length);
  }
  return address;
}

function groupOctets(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Whether 16 octets hold an IPv4 address. */
export function isMapped(address: Uint8Array): boolean {
  return MAPPED.every((octet, at) => address[at] === octet);
}

/** 16 octets for people: IPv4 dotted, IPv6 as RFC 5952 writes it. */
export function formatAddress(address: Uint8Array): string {
  if (isMapped(address)) return address.subarray(12).join('.');
  const view = new DataView(address.buffer, address.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(2 * at).toString(16));
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
