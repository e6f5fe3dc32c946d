import { NwRangeFlag } from './gen/enums.gen.ts';

/** A row of `ranges`. */
export interface FlaggedPrefix {
  /** 16 octets, IPv4 as `::ffff:a.b.c.d`. */
  readonly prefix: Uint8Array;
  /** Of 128 bits. */
  readonly prefixLength: number;
  readonly flags: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const OCTETS = Array.from({ length: 256 }, (_, octet) => octet);

/**
 * The first octets that no reserved range has an address with: for them the programs save the look-up in `ranges`.
 * 256 bits for each family, in words of 64.
 */
export function unreservedOctets(ranges: readonly FlaggedPrefix[]): { unreservedV4: bigint[]; unreservedV6: bigint[] } {
  const reserved = ranges.filter(({ flags }) => (flags & NwRangeFlag.RESERVED) !== 0);
  const free = (lead: readonly number[], octet: number): boolean => {
    const octets = [...lead, octet];
    return !reserved.some((range) => overlap(range, octets));
  };
  return {
    unreservedV4: words(OCTETS.map((octet) => free(MAPPED, octet))),
    unreservedV6: words(OCTETS.map((octet) => free([], octet))),
  };
}

/** Have the prefix and the addresses that begin with these octets one in common? */
function overlap({ prefix, prefixLength }: FlaggedPrefix, octets: readonly number[]): boolean {
  const bits = Math.min(prefixLength, octets.length * 8);
  return octets.every((octet, i) => {
    const mask = 0xff00 >> Math.min(8, Math.max(0, bits - i * 8));
    return ((octet ^ (prefix[i] ?? 0)) & mask & 0xff) === 0;
  });
}

const words = (bits: readonly boolean[]): bigint[] =>
  [0, 64, 128, 192].map((from) =>
    bits.slice(from, from + 64).reduce((word, bit, i) => (bit ? word | (1n << BigInt(i)) : word), 0n),
  );
