/** The table of ranges is matched by the longest prefix alone, so each prefix carries the flags of those that cover it. */
import { isMapped } from '@namewall/policy/names';

const MAPPED_BITS = 96;

export interface Range {
  readonly prefix: Uint8Array;
  /** Of 128 bits. */
  readonly prefixLength: number;
  readonly flags: number;
}

/** The first `length` bits of an address, the rest zero. */
export function maskPrefix(address: Uint8Array, length: number): Uint8Array {
  return address.map((octet, i) => {
    const bits = Math.min(8, Math.max(0, length - i * 8));
    return octet & (0xff << (8 - bits)) & 0xff;
  });
}

const keyOf = (prefix: Uint8Array, length: number): string => `${Buffer.from(prefix).toString('hex')}/${length}`;

/** IPv4 stands inside ::/80, but a prefix of IPv6 means IPv6 alone. */
const isIpv4 = (address: Uint8Array, length: number): boolean =>
  length >= MAPPED_BITS && isMapped(maskPrefix(address, MAPPED_BITS));

/** One entry a prefix, host bits cleared, flags of equal and covering prefixes of its family joined. Idempotent. */
export function inheritFlags(ranges: readonly Range[]): Range[] {
  const own = new Map<string, Range>();
  for (const { prefix, prefixLength, flags } of ranges) {
    const masked = maskPrefix(prefix, prefixLength);
    const key = keyOf(masked, prefixLength);
    own.set(key, { prefix: masked, prefixLength, flags: flags | (own.get(key)?.flags ?? 0) });
  }
  const lengths = [...new Set([...own.values()].map((r) => r.prefixLength))];
  return [...own.values()].map((range) => {
    let flags = range.flags;
    const shortest = isIpv4(range.prefix, range.prefixLength) ? MAPPED_BITS : 0;
    const outer = lengths.filter((length) => length >= shortest && length < range.prefixLength);
    for (const length of outer) flags |= own.get(keyOf(maskPrefix(range.prefix, length), length))?.flags ?? 0;
    return { ...range, flags };
  });
}
