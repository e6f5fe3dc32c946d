import { test } from 'node:test';
import assert from 'node:assert/strict';
import { inheritFlags, maskPrefix } from './ranges.ts';

const v4 = (...octets: number[]): Uint8Array =>
  Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, ...octets]);

test('a longer prefix carries the flags of those that cover it', () => {
  const flat = inheritFlags([
    { prefix: v4(10, 0, 0, 0), prefixLength: 104, flags: 1 },
    { prefix: v4(10, 1, 0, 0), prefixLength: 112, flags: 4 },
    { prefix: v4(10, 1, 2, 0), prefixLength: 120, flags: 8 },
    { prefix: v4(11, 0, 0, 0), prefixLength: 104, flags: 2 },
  ]);
  assert.deepEqual(
    flat.map((r) => r.flags),
    [1, 5, 13, 2],
  );
  assert.deepEqual(inheritFlags(flat), flat);
});

test('a prefix of IPv6 says nothing of IPv4, though that stands inside it', () => {
  const v6 = new Uint8Array(16);
  const flat = inheritFlags([
    { prefix: v6, prefixLength: 0, flags: 1 },
    { prefix: v6, prefixLength: 64, flags: 8 },
    { prefix: v4(0, 0, 0, 0), prefixLength: 96, flags: 0 },
    { prefix: v4(192, 0, 2, 0), prefixLength: 120, flags: 4 },
    { prefix: v6, prefixLength: 96, flags: 2 },
  ]);
  assert.deepEqual(
    flat.map((r) => r.flags),
    [1, 9, 0, 4, 11],
  );
});

test('equal prefixes become one, host bits do not tell them apart', () => {
  const flat = inheritFlags([
    { prefix: v4(10, 0, 0, 1), prefixLength: 104, flags: 1 },
    { prefix: v4(10, 0, 0, 2), prefixLength: 104, flags: 2 },
  ]);
  assert.deepEqual(flat, [{ prefix: v4(10, 0, 0, 0), prefixLength: 104, flags: 3 }]);
});

test('masking clears exactly the bits behind the prefix', () => {
  assert.deepEqual(maskPrefix(v4(255, 255, 255, 255), 106), v4(255, 192, 0, 0));
  assert.deepEqual(maskPrefix(v4(1, 2, 3, 4), 128), v4(1, 2, 3, 4));
  assert.deepEqual(maskPrefix(v4(1, 2, 3, 4), 0), new Uint8Array(16));
});
