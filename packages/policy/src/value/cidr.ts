import { ValueError } from '../errors.ts';
import { MAPPED_BITS, formatAddress, isMapped, parseAddress } from './address.ts';

/** Addresses that begin with the same bits; lengths count 128 bits, 96 + n for IPv4. */
export interface Prefix {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
}

/**
 * "192.0.2.0/24" or "2001:db8::/32"; bits behind the length must be zero.
 *
 * @throws ValueError
 */
export function parseCidr(text: string): Prefix {
  const [, addressText = '', lengthText] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = cidrAddress(text, addressText);
  const mapped = isMapped(address);
  if (mapped && addressText.includes(':')) {
    throw new ValueError('CIDR', `"${text}" is IPv4 written as IPv6`, `write ${ipv4Form(address, lengthText)}`);
  }
  const bits = mapped ? 32 : 128;
  if (lengthText === undefined) {
    throw new ValueError('CIDR', `"${text}" has no prefix length`, `write ${formatAddress(address)}/${bits}`);
  }
  const length = Number(lengthText);
  if (length > bits) {
    throw new ValueError('CIDR', `"${text}" has a prefix length over ${bits}`, `write a length from 0 to ${bits}`);
  }
  const prefixLength = mapped ? MAPPED_BITS + length : length;
  const prefix = maskAddress(address, prefixLength);
  if (prefix.every((octet, at) => octet === address[at])) return { prefix, prefixLength };
  const fix = `write ${formatAddress(prefix)}/${length}, or ${formatAddress(address)}/${bits} for the one address`;
  throw new ValueError('CIDR', `"${text}" has bits set behind its prefix length`, fix);
}

function cidrAddress(text: string, addressText: string): Uint8Array {
  try {
    return parseAddress(addressText);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ValueError('CIDR', `"${text}" is not a CIDR`, 'write it like 192.0.2.0/24 or 2001:db8::/32');
  }
}

function ipv4Form(address: Uint8Array, lengthText: string | undefined): string {
  const length = lengthText === undefined ? 32 : Math.max(0, Number(lengthText) - MAPPED_BITS);
  return `${formatAddress(maskAddress(address, MAPPED_BITS + length))}/${length}`;
}

/** The first `length` bits, the rest zero. A copy. */
export function maskAddress(address: Uint8Array, length: number): Uint8Array {
  return address.map((octet, at) => {
    const kept = Math.min(8, Math.max(0, length - at * 8));
    return octet & (0xff00 >> kept) & 0xff;
  });
}

/** A prefix for people, as it would be written in a policy. */
export function formatCidr({ prefix, prefixLength }: Prefix): string {
  const mapped = isMapped(prefix) && prefixLength >= MAPPED_BITS;
  return mapped ? `${formatAddress(prefix)}/${prefixLength - MAPPED_BITS}` : `${formatAddress(prefix)}/${prefixLength}`;
}

/**
 * Whether every address of `inner` is one of `outer`. An IPv6 prefix never covers IPv4, though the
 * mapped form lies inside ::/0: whoever writes ::/0 means IPv6.
 */
export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.prefixLength > inner.prefixLength || isIpv4(outer) !== isIpv4(inner)) return false;
  const masked = maskAddress(inner.prefix, outer.prefixLength);
  return masked.every((octet, at) => octet === outer.prefix[at]);
}

/** Whether a prefix holds IPv4 addresses only. */
export function isIpv4({ prefix, prefixLength }: Prefix): boolean {
  return prefixLength >= MAPPED_BITS && isMapped(prefix);
}

/** By address, then the shorter first, so that a prefix comes before those that it covers. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return Buffer.compare(a.prefix, b.prefix) || a.prefixLength - b.prefixLength;
}

/** Equal for equal prefixes. */
export function prefixKey({ prefix, prefixLength }: Prefix): string {
  return `${Buffer.from(prefix).toString('hex')}/${prefixLength}`;
}
