import { test } from 'node:test';
import assert from 'node:assert/strict';
import { type RecentAnswer, mergePending, planBackfill } from './backfill.ts';

const address = (last: number): Uint8Array =>
  Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, 192, 0, 2, last]);
const wire = (text: string): Uint8Array =>
  Buffer.from(
    `${text
      .split('.')
      .map((l) => String.fromCharCode(l.length) + l)
      .join('')}\0`,
  );
const answer = (name: string, nameHash: bigint, ...addresses: [number, bigint][]): RecentAnswer => ({
  name: wire(name),
  nameHash,
  addresses: addresses.map(([last, expires]) => ({ address: address(last), expires })),
});
const always = () => true;

test('every live address of a matching name is learned with the record’s expiry', () => {
  const plan = planBackfill({
    answers: [answer('a.example', 1n, [1, 100n], [2, 50n]), answer('b.example', 2n, [3, 100n])],
    match: (name) => (Buffer.from(name).equals(wire('a.example')) ? [7] : []),
    now: 60n,
    mayLearn: always,
    identitiesPerName: 8,
  });
  assert.deepEqual(plan, { lessons: [{ address: address(1), handle: 7, expires: 100n, nameHash: 1n }], overflows: 0 });
});

test('an address that may not be learned is left out', () => {
  const plan = planBackfill({
    answers: [answer('a.example', 1n, [1, 9n], [2, 9n])],
    match: () => [1],
    now: 0n,
    mayLearn: (a) => a[15] !== 2,
    identitiesPerName: 8,
  });
  assert.deepEqual(
    plan.lessons.map((l) => l.address[15]),
    [1],
  );
});

test('two names behind one address and selector: the later expiry', () => {
  const plan = planBackfill({
    answers: [answer('a.example', 1n, [1, 5n]), answer('b.example', 2n, [1, 9n])],
    match: () => [3],
    now: 0n,
    mayLearn: always,
    identitiesPerName: 8,
  });
  assert.deepEqual(
    plan.lessons.map((l) => [l.expires, l.nameHash]),
    [[9n, 2n]],
  );
});

test('more selectors than a question keeps are counted', () => {
  const plan = planBackfill({
    answers: [answer('a.example', 1n, [1, 5n])],
    match: () => [1, 2, 3],
    now: 0n,
    mayLearn: always,
    identitiesPerName: 2,
  });
  assert.deepEqual([plan.lessons.map((l) => l.handle), plan.overflows], [[1, 2], 1]);
});

test('a pending question gains what the new ruleset selects, or stays as it is', () => {
  assert.deepEqual(mergePending([1, 0, 0], [2], 8), [1, 2]);
  assert.equal(mergePending([1, 2, 0], [2], 8), undefined);
  assert.deepEqual(mergePending([0, 0], [1, 2, 3], 2), [1, 2]);
});
