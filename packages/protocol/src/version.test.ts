import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionMismatch } from './version.ts';

const CASES: [agent: [number, number], operator: [number, number], upgrade: string | undefined][] = [
  [[1, 0], [1, 0], undefined],
  [[1, 0], [1, 1], undefined],
  [[1, 1], [1, 0], undefined],
  [[1, 0], [1, 2], 'agent'],
  [[1, 2], [1, 0], 'operator'],
  [[1, 9], [2, 0], 'agent'],
  [[2, 0], [1, 9], 'operator'],
];

for (const [[major, minor], [otherMajor, otherMinor], upgrade] of CASES) {
  test(`agent ${major}.${minor}, operator ${otherMajor}.${otherMinor}: ${upgrade ?? 'they fit'}`, () => {
    const reason = versionMismatch({ major, minor }, { major: otherMajor, minor: otherMinor });
    assert.equal(reason?.split('upgrade the ')[1], upgrade);
  });
}
