import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('options have defaults, and numbers are whole', () => {
  const { cases, seed } = parseOptions([]);
  assert.deepEqual([cases, seed], [2_000_000, undefined]);
  assert.deepEqual(parseOptions(['--cases', '5', '--seed', '0']).seed, 0);
  for (const text of ['-1', '1.5', 'x', '2147483648']) {
    assert.throws(() => parseOptions([`--cases=${text}`]), /--cases is .*give a whole number/);
  }
});
