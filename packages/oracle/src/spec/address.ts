import { parseAddress } from '@namewall/policy';

/** A prefix as a document writes it: "192.0.2.0/24", "2001:db8::/32". */
export type Cidr = string;

interface Bits {
  readonly octets: Uint8Array;
  readonly length: number;
  readonly family: 4 | 6;
}

const addresses = new Map<string, Uint8Array>();
const prefixes = new Map<Cidr, Bits>();

/** Remembered, since there are few and each is asked for often. */
function remembered<T>(known: Map<string, T>, text: string, read: (text: string) => T): T {
  const found = known.get(text);
  if (found !== undefined) return found;
  const value = read(text);
  known.set(text, value);
  return value;
}

/** 4 octets or 16. */
function octetsOf(text: string): Uint8Array {
  return remembered(addresses, text, () => (text.includes(':') ? parseAddress(text) : parseAddress(text).subarray(12)));
}

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** Whether an address lies in a prefix. ::/0 is all of IPv6 and no IPv4. */
export function isIn(cidr: Cidr, address: string): boolean {
  const { octets, length, family } = remembered(prefixes, cidr, readPrefix);
  if (family !== familyOf(address)) return false;
  const own = octetsOf(address);
  const whole = length >> 3;
  for (let at = 0; at < whole; at++) if (octets[at] !== own[at]) return false;
  const rest = length & 7;
  return rest === 0 || (((octets[whole] ?? 0) ^ (own[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0;
}

function readPrefix(cidr: Cidr): Bits {
  const slash = cidr.indexOf('/');
  const text = cidr.slice(0, slash);
  return { octets: octetsOf(text), length: Number(cidr.slice(slash + 1)), family: familyOf(text) };
}

const NAT64 = '64:ff9b::/96';
const SIX_TO_FOUR = '2002::/16';

/** The IPv4 address that an IPv6 one carries to a translator: NAT64 (RFC 6052), 6to4 (RFC 3056). */
export function carriedBy(address: string): string | undefined {
  if (familyOf(address) === 4) return undefined;
  const octets = octetsOf(address);
  if (isIn(NAT64, address)) return octets.subarray(12).join('.');
  return isIn(SIX_TO_FOUR, address) ? octets.subarray(2, 6).join('.') : undefined;
}

/** The name under which the reverse of an address is asked for (RFC 1035, 3.5; RFC 3596, 2.5). */
export function reverseOf(address: string): string {
  const octets = octetsOf(address);
  if (octets.length === 4) return `${[...octets].toReversed().join('.')}.in-addr.arpa`;
  const nibbles = Buffer.from(octets).toString('hex').split('').toReversed();
  return `${nibbles.join('.')}.ip6.arpa`;
}

/** The address whose reverse a name is, if it is one. */
export function addressBehind(name: string): string | undefined {
  const text = name.toLowerCase();
  if (text.endsWith('.in-addr.arpa')) {
    const parts = text.slice(0, -'.in-addr.arpa'.length).split('.').toReversed();
    const fits = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
    return fits ? parts.map(Number).join('.') : undefined;
  }
  if (!text.endsWith('.ip6.arpa')) return undefined;
  const hex = text.slice(0, -'.ip6.arpa'.length).split('.').toReversed().join('');
  return /^[0-9a-f]{32}$/.test(hex) ? (hex.match(/.{4}/g) ?? []).join(':') : undefined;
}

/** Equal for two ways to write one address. */
export function sameAddress(one: string, other: string): boolean {
  return one === other || Buffer.compare(octetsOf(one), octetsOf(other)) === 0;
}
