import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { nameToWire } from '../name.ts';
import { nameHash, NameHasher } from './hash.ts';

const U64 = (1n << 64n) - 1n;
const key = Uint32Array.from({ length: 68 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);

/** The formula of bpf/lib/name_index.h, written down once more in BigInt. */
function slowly(wire: Uint8Array, words: Uint32Array): bigint {
  const length = wire.length - 1;
  const k = (i: number): bigint => BigInt(words[i] ?? 0);
  let sum = BigInt(length) * (k(64) | (k(65) << 32n) | 1n);
  for (let i = 0; i <= length >> 3; i++) {
    const octets = wire.slice(Math.max(0, length - 8 * (i + 1)), length - 8 * i);
    const word = [...octets].reduce((w, octet, at) => w | (BigInt(octet) << BigInt(8 * (8 - octets.length + at))), 0n);
    const low = ((word & 0xffffffffn) + k(2 * i)) & 0xffffffffn;
    const high = ((word >> 32n) + k(2 * i + 1)) & 0xffffffffn;
    sum += low * high;
  }
  return mix(sum & U64);
}

function mix(h: bigint): bigint {
  const product = ((h ^ (h >> 32n)) * 0x9e3779b97f4a7c15n) & U64;
  return product ^ (product >> 29n);
}

suite('nameHash', () => {
  const names = [
    '.',
    'a',
    'com',
    'seven77',
    'eight888',
    'api.stripe.com',
    `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(61)}`,
  ];
  for (const name of names) {
    test(name.slice(0, 40), () => {
      const wire = nameToWire(name);
      assert.equal(nameHash(wire, key), slowly(wire, key));
      assert.equal(
        nameHash(
          wire,
          key.map(() => 0xffffffff),
        ),
        slowly(
          wire,
          key.map(() => 0xffffffff),
        ),
      );
    });
  }

  test('is what it always was', () => {
    assert.equal(nameHash(nameToWire('api.stripe.com'), key), 0xefb311974ba9dcf9n);
  });

  test('a list hashes with its ruleset', () => {
    const hasher = new NameHasher(key);
    const of = nameHash(nameToWire('example.com'), key);
    hasher.list(Number(of & 0xffffffffn), Number(of >> 32n), 0xfedcba98);
    const expected = mix(of ^ ((0xfedcba98n * 0xc2b2ae3d27d4eb4fn) & U64));
    assert.equal((BigInt(hasher.high) << 32n) | BigInt(hasher.low), expected);
  });

  test('a key of another size is refused', () => {
    assert.throws(() => new NameHasher(new Uint32Array(66)), { code: 'BAD_KEY' });
  });
});
