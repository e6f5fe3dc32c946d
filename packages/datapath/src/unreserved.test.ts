import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwRangeFlag } from './gen/enums.gen.ts';
import { unreservedOctets } from './unreserved.ts';

const { RESERVED, CLUSTER } = NwRangeFlag;

const range = (hex: string, prefixLength: number, flags: number = RESERVED) => ({
  prefix: new Uint8Array(Buffer.from(hex.padEnd(32, '0'), 'hex')),
  prefixLength,
  flags,
});
const v4 = (hex: string, length: number, flags?: number) => range(`00000000000000000000ffff${hex}`, 96 + length, flags);

/** The octets that still need the look-up. */
function asked(words: readonly bigint[]): number[] {
  const isSet = (octet: number): boolean => (((words[octet >> 6] ?? 0n) >> BigInt(octet & 63)) & 1n) === 1n;
  return Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => !isSet(octet));
}

test('without a reserved range nothing is asked', () => {
  const { unreservedV4, unreservedV6 } = unreservedOctets([v4('0a', 8, CLUSTER)]);
  assert.deepEqual([asked(unreservedV4), asked(unreservedV6)], [[], []]);
});

test('a prefix of an octet or more asks for that octet', () => {
  const { unreservedV4, unreservedV6 } = unreservedOctets([v4('7f', 8), v4('a9fe', 16), range('fe80', 10)]);
  assert.deepEqual(asked(unreservedV4), [127, 169]);
  assert.deepEqual(asked(unreservedV6), [0, 0xfe], 'mapped addresses begin with 0');
});

test('a shorter one asks for all that it covers', () => {
  const { unreservedV4, unreservedV6 } = unreservedOctets([v4('e0', 4), range('fc', 7)]);
  assert.deepEqual(
    asked(unreservedV4),
    Array.from({ length: 16 }, (_, i) => 224 + i),
  );
  assert.deepEqual(asked(unreservedV6), [0, 0xfc, 0xfd]);
});

test('an IPv6 prefix that covers the mapped addresses asks for every IPv4 octet', () => {
  for (const length of [0, 8, 80, 96]) {
    const { unreservedV4 } = unreservedOctets([range(length === 96 ? '00000000000000000000ffff' : '', length)]);
    assert.equal(asked(unreservedV4).length, 256, `/${length}`);
  }
  assert.deepEqual(asked(unreservedOctets([range('', 128)]).unreservedV4), [], '::/128 is not mapped');
});
