import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codec } from '../codec.ts';
import { ProtocolError } from '../errors.ts';
import type { OperatorMessage, OperatorMessage__Output } from '../gen/namewall/v1/OperatorMessage.ts';
import { MAX_CHUNK, MAX_MESSAGE, MAX_RESOURCE } from '../limits.ts';
import { encodeResource } from '../resource.ts';
import { chunks, encodeDelta } from './chunk.ts';

const message = codec<OperatorMessage, OperatorMessage__Output>('OperatorMessage');
const sized = (name: string, size: number) => encodeResource(2, name, Buffer.alloc(size, name));

test('our octets of a delta are those of the library', () => {
  const upsert = sized('a', 40);
  const chunk = {
    upserts: [upsert],
    removals: [
      { type: 3, name: 'gone' },
      { type: 3, name: '' },
    ],
    complete: true,
  };
  const bytes = encodeDelta(chunk, 'n-1', '00-trace');
  const { type, name, version, body } = upsert;
  const delta = {
    nonce: 'n-1',
    upserts: [{ type: type as 2, name, version, body }],
    removals: [{ type: 3 as const, name: 'gone' }],
    complete: true,
    traceparent: '00-trace',
  };
  const read = message.decode(bytes).delta;
  assert.deepEqual(read?.removals.pop(), { type: 3, name: '' });
  assert.deepEqual(read, message.decode(message.encode({ delta })).delta);
});

test('nothing is one empty, complete delta', () => {
  assert.deepEqual(chunks({ upserts: [], removals: [] }), [{ upserts: [], removals: [], complete: true }]);
});

test('deltas stay within their size, the last alone is complete, nothing is lost', () => {
  const upserts = Array.from({ length: 50 }, (_, i) => sized(`r${i}`, 100_000));
  const removals = Array.from({ length: 50_000 }, (_, i) => ({ type: 3, name: `uid-${i}-of-a-pod-that-is-gone` }));
  const cut = chunks({ upserts, removals });
  for (const chunk of cut) assert.ok(encodeDelta(chunk, 'nonce', '').length <= MAX_CHUNK + 1024);
  assert.deepEqual(
    cut.flatMap((chunk) => chunk.upserts),
    upserts,
  );
  assert.deepEqual(
    cut.flatMap((chunk) => chunk.removals),
    removals,
  );
  assert.deepEqual(
    cut.map(({ complete }) => complete),
    [...cut.slice(1).map(() => false), true],
  );
});

test('the largest resource fits into a message, a larger one is refused with what to do', () => {
  const [chunk] = chunks({ upserts: [sized('big', MAX_RESOURCE)], removals: [] });
  assert.ok(chunk !== undefined && encodeDelta(chunk, 'nonce', '').length < MAX_MESSAGE);
  assert.throws(
    () => sized('big', MAX_RESOURCE + 1),
    (error) =>
      error instanceof ProtocolError && error.code === 'RESOURCE_TOO_LARGE' && /select fewer/u.test(error.message),
  );
});
