/** The table of ranges is matched by the longest prefix alone, so each prefix carries the flags of those that cover it. */

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

/** One entry a prefix, host bits cleared, flags of equal and covering prefixes joined. Idempotent. */
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
    for (const length of lengths) {
      if (length < range.prefixLength) flags |= own.get(keyOf(maskPrefix(range.prefix, length), length))?.flags ?? 0;
    }
    return { ...range, flags };
  });
}
