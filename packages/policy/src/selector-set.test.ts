import { test } from 'node:test';
import assert from 'node:assert/strict';
import { matches } from './match.ts';
import { nameToWire } from './name.ts';
import { parseCanonical } from './selector.ts';
import { SelectorSet, literalEnd } from './selector-set.ts';

test('the literal end of a pattern is what stands right of its last wildcard label', () => {
  const patterns = ['*.a.example', '*.s3.*.example', 'a.*', '*', '**.example', 'x*'];
  assert.deepEqual(patterns.map(literalEnd), ['a.example', 'example', '', '', 'example', '']);
});

test('a set finds exactly what the reference matcher matches', () => {
  const canonicals = [
    'v1|n|a.example',
    'v1|p|*.a.example',
    'v1|p|*.s3.*.example',
    'v1|p|a.*',
    'v1|p|*',
    'v1|p|**.example',
    'v1|p|x*',
  ];
  const entries = canonicals.map((canonical, i) => ({ handle: i + 1, selector: parseCanonical(canonical) }));
  const set = new SelectorSet(entries);
  for (const name of [
    'a.example',
    'b.a.example',
    'q.s3.eu.example',
    'a.b',
    'xyz',
    '.',
    'example',
    'x\\.y',
    'c.b.a.example',
  ]) {
    const wire = nameToWire(name);
    const expected = entries.filter(({ selector }) => matches(selector, wire)).map(({ handle }) => handle);
    assert.deepEqual(set.match(wire), expected, name);
  }
});
