import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeNumber } from './allocate.ts';
import { DatapathError } from './errors.ts';

test('numbers begin at 1, count on, and never wrap to 0', () => {
  const counter = new Uint32Array(2);
  assert.deepEqual(
    [1, 2, 3].map(() => takeNumber(counter, 1, 'ruleset', 4, () => false)),
    [1, 2, 3],
  );
  assert.equal(counter[0], 0);
  counter[1] = 0xffffffff;
  assert.equal(
    takeNumber(counter, 1, 'ruleset', 4, () => false),
    0xffffffff,
  );
  assert.equal(
    takeNumber(counter, 1, 'ruleset', 4, () => false),
    1,
  );
});

test('taken numbers are skipped', () => {
  const taken = new Set([1, 2, 4]);
  const counter = new Uint32Array(1);
  assert.equal(
    takeNumber(counter, 0, 'endpoint', 8, (n) => taken.has(n)),
    3,
  );
  assert.equal(
    takeNumber(counter, 0, 'endpoint', 8, (n) => taken.has(n)),
    5,
  );
});

test('when all are taken it says so instead of looking for ever', () => {
  assert.throws(
    () => takeNumber(new Uint32Array(1), 0, 'endpoint', 8, () => true),
    (error: unknown) =>
      error instanceof DatapathError && error.code === 'EXHAUSTED' && /no endpoint number/.test(error.message),
  );
});
