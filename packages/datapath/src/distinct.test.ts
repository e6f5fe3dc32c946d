import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { estimateDistinct } from './distinct.ts';

const REGISTERS = 256;

/** The registers after `count` values of a run, as the datapath sets them. */
function after(count: number, run: number): Uint8Array {
  const ranks = new Uint8Array(REGISTERS);
  for (let i = 0; i < count; i++) {
    const hash = createHash('sha1').update(`${run} ${i}`).digest().readBigUInt64LE();
    const at = Number(hash >> 56n);
    let rank = 1;
    while (rank < 57 && !((hash >> BigInt(rank - 1)) & 1n)) rank++;
    ranks[at] = Math.max(ranks[at] ?? 0, rank);
  }
  return ranks;
}

test('nothing is estimated of nothing, and one of one', () => {
  assert.equal(estimateDistinct(after(0, 0)), 0);
  assert.equal(Math.round(estimateDistinct(after(1, 0))), 1);
});

for (const count of [10, 100, 700, 3000]) {
  test(`${count} values: within four standard errors each, without bias in the mean`, () => {
    const estimates = Array.from({ length: 20 }, (_, run) => estimateDistinct(after(count, run)));
    const error = 1.04 / Math.sqrt(REGISTERS);
    for (const estimate of estimates) {
      assert.ok(Math.abs(estimate - count) <= 4 * error * count, `${count}: ${estimate}`);
    }
    const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
    assert.ok(Math.abs(mean - count) <= (4 * error * count) / Math.sqrt(estimates.length), `mean of ${count}: ${mean}`);
  });
}

test('registers that are all full are many, not none', () => {
  assert.ok(estimateDistinct(new Uint8Array(REGISTERS).fill(57)) > 2 ** 56);
});
