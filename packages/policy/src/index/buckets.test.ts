import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { placeEntries } from './buckets.ts';

const entries = (list: readonly (readonly [low: number, tag: number])[]) => ({
  count: list.length,
  low: Uint32Array.from(list, ([low]) => low),
  tag: Uint32Array.from(list, ([, tag]) => tag),
});
const same = (low: number, count: number) => Array.from({ length: count }, (_, i) => [low, i + 1] as const);

suite('placeEntries', () => {
  test('a full bucket goes on in the next one, the last in the first', () => {
    const slots = placeEntries(entries(same(3, 10)), 4);
    assert.deepEqual([...(slots ?? [])].slice(24), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual([...(slots ?? [])].slice(0, 3), [9, 10, 0]);
  });

  test('never further than the next one', () => {
    assert.equal(placeEntries(entries(same(0, 17)), 4), undefined);
  });

  test('nor where what a look-up could meet has its tag', () => {
    assert.equal(
      placeEntries(
        entries([
          [0, 5],
          [4, 5],
        ]),
        4,
      ),
      undefined,
    );
    assert.equal(
      placeEntries(
        entries([
          [0, 5],
          [1, 5],
        ]),
        4,
      ),
      undefined,
    );
    assert.notEqual(
      placeEntries(
        entries([
          [0, 5],
          [2, 5],
        ]),
        4,
      ),
      undefined,
    );
  });
});
