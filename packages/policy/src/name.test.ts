import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NameError } from './errors.ts';
import { foldWire, labelsOf, nameToWire, wireToText } from './name.ts';

const bytes = (...octets: number[]) => Uint8Array.from(octets);

test('text becomes wire and comes back', () => {
  assert.deepEqual(nameToWire('.'), bytes(0));
  assert.deepEqual(nameToWire('a.bc.'), bytes(1, 0x61, 2, 0x62, 0x63, 0));
  assert.deepEqual(nameToWire('a\\.b'), bytes(3, 0x61, 0x2e, 0x62, 0));
  assert.deepEqual(nameToWire('\\000\\255'), bytes(2, 0, 255, 0));
  assert.equal(wireToText(bytes(0)), '.');
  assert.equal(wireToText(bytes(3, 0x61, 0x2e, 0x62, 1, 0x5c, 0)), 'a\\.b.\\\\');
  assert.equal(wireToText(bytes(2, 0, 255, 0)), '\\000\\255');
});

test('the longest name has 255 octets with the root, the longest label 63', () => {
  const l63 = 'a'.repeat(63);
  assert.equal(nameToWire(`${l63}.${l63}.${l63}.${'a'.repeat(61)}`).length, 255);
  const refusals: readonly [string, string][] = [
    [`${l63}.${l63}.${l63}.${'a'.repeat(62)}`, 'NAME_TOO_LONG'],
    [`${l63}a`, 'LABEL_TOO_LONG'],
    ['', 'EMPTY'],
    ['a..b', 'EMPTY_LABEL'],
    ['.a', 'EMPTY_LABEL'],
    ['bücher.example', 'NOT_ASCII'],
    ['a\\256', 'BAD_ESCAPE'],
    ['a\\', 'BAD_ESCAPE'],
    ['a\\1x', 'BAD_ESCAPE'],
  ];
  for (const [text, code] of refusals) {
    assert.throws(
      () => nameToWire(text),
      (error) => error instanceof NameError && error.code === code,
      text,
    );
  }
});

test('wire that is not exactly one name is refused', () => {
  const bad = [bytes(), bytes(1), bytes(1, 0x61), bytes(0, 0), bytes(0xc0, 0x0c), bytes(64, 0), bytes(2, 0x61, 0)];
  for (const wire of bad) assert.throws(() => labelsOf(wire), NameError);
});

test('folding touches A to Z only', () => {
  const wire = bytes(5, 0x41, 0x5a, 0x5b, 0xc1, 0x40, 0);
  assert.deepEqual(foldWire(wire), bytes(5, 0x61, 0x7a, 0x5b, 0xc1, 0x40, 0));
  assert.equal(wire[1], 0x41);
});

test('any labels survive the way to text and back', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 10 }), (labels) => {
      const wire = Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0]);
      assert.deepEqual(nameToWire(wireToText(wire)), wire);
    }),
  );
});
