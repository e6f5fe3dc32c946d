import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codec } from './codec.ts';
import type { LearnedName, LearnedName__Output } from './gen/namewall/v1/LearnedName.ts';
import type { Ruleset, Ruleset__Output } from './gen/namewall/v1/Ruleset.ts';
import { versionOf } from './resource.ts';

const ruleset = codec<Ruleset, Ruleset__Output>('Ruleset');
const learned = codec<LearnedName, LearnedName__Output>('LearnedName');

test('equal content has equal octets: defaults written or not, fields in any order', () => {
  const short = ruleset.encode({ flags: 1, names: [{ selector: 'v1|n|a.example', query: 1 }] });
  const long = ruleset.encode({
    policies: [],
    cidrs: [],
    durations: null,
    names: [{ rows: [], query: 1, selector: 'v1|n|a.example' }],
    flags: 1,
  });
  assert.deepEqual(short, long);
  assert.equal(short.toString('hex'), '080112120a0e76317c6e7c612e6578616d706c651001');
});

test('what is read has every field, 64 bits as bigint', () => {
  const value = ruleset.decode(ruleset.encode({ durations: { ttlFloor: 2n ** 64n - 1n, idleWindow: 1n } }));
  assert.deepEqual(
    [value.flags, value.names, value.durations?.ttlFloor, value.durations?.ttlGrace],
    [0, [], 2n ** 64n - 1n, 0n],
  );
  assert.equal(learned.decode(learned.encode({ expiresInMs: -(2n ** 40n) })).expiresInMs, -(2n ** 40n));
});

test('a list keeps its zeros', () => {
  const value = ruleset.decode(ruleset.encode({ names: [{}, { selector: 'b' }] }));
  assert.deepEqual(
    value.names.map(({ selector }) => selector),
    ['', 'b'],
  );
});

test('octets that are no message throw', () => {
  assert.throws(() => ruleset.decode(Buffer.from('ffff', 'hex')));
});

test('a version is the first 16 octets of SHA-256', () => {
  assert.equal(versionOf(Buffer.from('abc')).toString('hex'), 'ba7816bf8f01cfea414140de5dae2223');
});
