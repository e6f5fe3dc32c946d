import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from './case.ts';
import { shrink } from './shrink.ts';

const phase = (happenings: readonly number[]): Case['phases'][number] => ({
  nodeSwitch: 'On',
  policies: [],
  happenings,
});
const large: Case = {
  pods: 2,
  config: { clusterDomain: 'a.example', quotas: { pending: 1 } },
  crowded: { table: 'flows', free: 1 },
  phases: [phase(Array.from({ length: 100 }, (_, at) => at)), phase([7])],
};

test('what a failure does not need goes, what it needs stays', async () => {
  const fails = ({ config, phases }: Case) => {
    const all = new Set(phases.flatMap(({ happenings }) => happenings));
    return Promise.resolve(all.has(42) && all.has(43) && config.quotas !== undefined);
  };
  const small = await shrink(large, fails, () => true);
  assert.deepEqual(small, { pods: 2, config: { quotas: {} }, phases: [phase([42, 43])] });
});

test('it stops when it is told to', async () => {
  let attempts = 0;
  const fails = () => Promise.resolve((attempts += 1) > 0);
  await shrink(large, fails, () => attempts < 3);
  assert.equal(attempts, 3);
});
