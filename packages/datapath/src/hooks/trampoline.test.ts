import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINT_IMMEDIATE, trampoline } from './trampoline.ts';

const lines = (code: Uint8Array): string[] =>
  Array.from({ length: code.length / 8 }, (_, i) => Buffer.from(code.subarray(i * 8, i * 8 + 8)).toString('hex'));

test('the instructions are these', () => {
  assert.deepEqual(lines(trampoline(0x01020304, 9, 'out')), [
    'bf16000000000000', // r6 = ctx
    'b402000004030201', // w2 = endpoint
    '6326300000000000', // *(u32 *)(r6 + 48) = w2: skb->cb[0]
    'bf61000000000000', // r1 = ctx
    '1812000009000000', // r2 = programs
    '0000000000000000',
    'b703000000000000', // r3 = pod-out
    '850000000c000000', // tail call
    'bf61000000000000',
    '1812000009000000',
    '0000000000000000',
    'b703000002000000', // r3 = fallback-out
    '850000000c000000',
    'b7000000ffffffff', // TC_ACT_UNSPEC
    '9500000000000000',
  ]);
});

test('directions differ in their slots alone, endpoints in one immediate', () => {
  const differences = (a: Uint8Array, b: Uint8Array): number[] => [...a.keys()].filter((i) => a[i] !== b[i]);
  assert.deepEqual(differences(trampoline(1, 9, 'out'), trampoline(1, 9, 'in')), [6 * 8 + 4, 11 * 8 + 4]);
  assert.deepEqual(
    differences(trampoline(0x11111111, 9, 'in'), trampoline(0xf2222222, 9, 'in')),
    [0, 1, 2, 3].map((i) => ENDPOINT_IMMEDIATE + i),
  );
});

test('a number that no endpoint has is refused', () => {
  for (const number of [0, -1, 1.5, 2 ** 32]) {
    assert.throws(() => trampoline(number, 9, 'out'), /allocate\('endpoint'\)/);
  }
});
