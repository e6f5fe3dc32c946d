import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RotationState, nextStep } from './rotation.ts';

const TIMES = { propagation: 10, leaf: 100 };
const old = { certificate: 'old', notBefore: 0, notAfter: 900 };
const next = { certificate: 'next', notBefore: 600, notAfter: 1500 };

const STATE: RotationState = {
  now: 1,
  owned: true,
  current: old,
  next: undefined,
  published: ['old'],
  unchanged: 1_000_000,
};

const CASES: [name: string, state: Partial<RotationState>, step: ReturnType<typeof nextStep>][] = [
  ['all is well', {}, { do: 'nothing' }],
  ['there is none', { current: undefined, published: [] }, { do: 'create' }],
  ['somebody else’s is not there yet', { current: undefined, owned: false }, { do: 'nothing' }],
  ['nobody is told of it', { published: [] }, { do: 'publish', certificates: ['old'] }],
  ['two thirds of its time are over', { now: 600 }, { do: 'prepare' }],
  ['somebody else’s is old', { now: 600, owned: false }, { do: 'nothing' }],
  ['the next one is made', { now: 600, next }, { do: 'publish', certificates: ['old', 'next'] }],
  ['agents read of it', { next, published: ['old', 'next'], unchanged: 9 }, { do: 'nothing' }],
  ['they have', { next, published: ['old', 'next'], unchanged: 10 }, { do: 'promote' }],
  ['it signs', { now: 620, current: next, published: ['old', 'next'], unchanged: 99 }, { do: 'nothing' }],
  [
    'all that the old one signed has ended',
    { now: 720, current: next, published: ['old', 'next'], unchanged: 100 },
    { do: 'publish', certificates: ['next'] },
  ],
  [
    'somebody else replaced it',
    { current: next, owned: false, published: ['old'] },
    { do: 'publish', certificates: ['old', 'next'] },
  ],
];
for (const [name, state, step] of CASES) {
  test(`rotation: ${name}: ${step.do}`, () => assert.deepEqual(nextStep({ ...STATE, ...state }, TIMES), step));
}
