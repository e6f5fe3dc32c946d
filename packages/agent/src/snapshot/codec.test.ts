import { test } from 'node:test';
import assert from 'node:assert/strict';
import { type Held, SnapshotError, decodeSnapshot, encodeSnapshot } from './codec.ts';

const resources: Held[] = [
  { type: 1, name: 'node', version: new Uint8Array(16).fill(1), body: new Uint8Array() },
  { type: 2, name: 'ab'.repeat(16), version: new Uint8Array(16).fill(2), body: Uint8Array.of(1, 2, 3) },
  { type: 3, name: 'uid-é', version: new Uint8Array(16).fill(3), body: new Uint8Array(70_000).fill(7) },
];

const hasCode = (code: string) => (error: unknown) => error instanceof SnapshotError && error.code === code;

test('what is written is read back', () => {
  assert.deepEqual(decodeSnapshot(encodeSnapshot(resources)), resources);
  assert.deepEqual(decodeSnapshot(encodeSnapshot([])), []);
});

test('every cut of a snapshot is noticed', () => {
  const bytes = encodeSnapshot(resources.slice(0, 2));
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSnapshot(bytes.subarray(0, length)), SnapshotError, `cut at ${length}`);
  }
});

test('every flipped octet of a snapshot is noticed', () => {
  const bytes = encodeSnapshot(resources.slice(0, 2));
  for (let at = 0; at < bytes.length; at++) {
    const broken = Uint8Array.from(bytes);
    broken[at] = (broken[at] ?? 0) ^ 0x40;
    assert.throws(() => decodeSnapshot(broken), SnapshotError, `octet ${at}`);
  }
});

test('the reason is told apart', () => {
  const bytes = encodeSnapshot(resources);
  assert.throws(() => decodeSnapshot(Buffer.from('hello'.repeat(20))), hasCode('NOT_A_SNAPSHOT'));
  const newer = Uint8Array.from(bytes);
  newer[7] = 2;
  assert.throws(() => decodeSnapshot(newer), hasCode('OTHER_VERSION'));
  assert.throws(() => decodeSnapshot(bytes.subarray(0, -1)), hasCode('CHECKSUM'));
});
