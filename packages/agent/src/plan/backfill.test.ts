import { test } from 'node:test';
import assert from 'node:assert/strict';
import { type IdentitySlots, type RecentAnswer, mergePending, mergeSlots, planBackfill } from './backfill.ts';

const address = (last: number): Uint8Array => Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, 192, 0, 2, last]);
const wire = (text: string): Uint8Array => Buffer.from(`${text.split('.').map((l) => String.fromCharCode(l.length) + l).join('')}\0`);
const answer = (name: string, nameHash: bigint, ...addresses: [number, bigint][]): RecentAnswer => ({
  name: wire(name),
  nameHash,
  addresses: addresses.map(([last, expires]) => ({ address: address(last), expires })),
});
const always = () => true;
const slots = (handles: number[], expires: bigint[]): IdentitySlots => ({ handles, expires, names: expires.map(() => 0n) });

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
  const plan = planBackfill({ answers: [answer('a.example', 1n, [1, 9n], [2, 9n])], match: () => [1], now: 0n, mayLearn: (a) => a[15] !== 2, identitiesPerName: 8 });
  assert.deepEqual(plan.lessons.map((l) => l.address[15]), [1]);
});

test('two names behind one address and selector: the later expiry', () => {
  const plan = planBackfill({ answers: [answer('a.example', 1n, [1, 5n]), answer('b.example', 2n, [1, 9n])], match: () => [3], now: 0n, mayLearn: always, identitiesPerName: 8 });
  assert.deepEqual(plan.lessons.map((l) => [l.expires, l.nameHash]), [[9n, 2n]]);
});

test('more selectors than a question keeps are counted', () => {
  const plan = planBackfill({ answers: [answer('a.example', 1n, [1, 5n])], match: () => [1, 2, 3], now: 0n, mayLearn: always, identitiesPerName: 2 });
  assert.deepEqual([plan.lessons.map((l) => l.handle), plan.overflows], [[1, 2], 1]);
});

test('merging keeps the later expiry, takes a free or expired slot, and refuses when all are live', () => {
  const lesson = { address: address(1), handle: 5, expires: 50n, nameHash: 9n };
  const same = slots([5, 0], [80n, 0n]);
  assert.equal(mergeSlots(same, lesson, 10n), true);
  assert.deepEqual(same.expires, [80n, 0n]);
  const free = slots([4, 0], [80n, 0n]);
  mergeSlots(free, lesson, 10n);
  assert.deepEqual(free, { handles: [4, 5], expires: [80n, 50n], names: [0n, 9n] });
  const expired = slots([4, 6], [80n, 9n]);
  mergeSlots(expired, lesson, 10n);
  assert.deepEqual(expired.handles, [4, 5]);
  const full = slots([4, 6], [80n, 90n]);
  assert.equal(mergeSlots(full, lesson, 10n), false);
  assert.deepEqual(full.handles, [4, 6]);
});

test('a pending question gains what the new ruleset selects, or stays as it is', () => {
  assert.deepEqual(mergePending([1, 0, 0], [2], 8), [1, 2]);
  assert.equal(mergePending([1, 2, 0], [2], 8), undefined);
  assert.deepEqual(mergePending([0, 0], [1, 2, 3], 2), [1, 2]);
});
