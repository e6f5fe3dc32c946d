import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RingBuffer } from '../src/index.ts';
import type { BpfObject } from '../src/index.ts';
import { libbpfError, loadProbe, PACKET, SKB, u32 } from './lab.ts';

/** Has the program send one event of `length` octets `octet`; false when the ring was full. */
function emit(object: BpfObject, octet: number, length = 8): boolean {
  const ctx = Buffer.alloc(192);
  ctx.set(u32(length), SKB.mark);
  ctx.set(u32(octet), SKB.cb);
  return object.program('emit').testRun({ data: PACKET, ctx }).retval === 0;
}

/** Delivers until `wanted` events were seen. */
function collector(wanted: number): { events: Uint8Array[]; done: Promise<void>; take: (event: Uint8Array) => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events: Uint8Array[] = [];
  const take = (event: Uint8Array): void => {
    if (events.push(event) === wanted) resolve();
  };
  return { events, done: promise, take };
}

test('events sent before and after the start arrive in order', async () => {
  using object = loadProbe();
  const seen = collector(3);
  using ring = new RingBuffer(object.map('events'), seen.take);
  emit(object, 1, 1);
  ring.start();
  emit(object, 2, 9);
  setImmediate(() => emit(object, 3, 63));
  await seen.done;
  const expected = [Buffer.alloc(1, 1), Buffer.alloc(9, 2), Buffer.alloc(63, 3)];
  assert.deepEqual(
    seen.events.map((event) => Buffer.from(event)),
    expected,
  );
});

test('thousands of events pass through a ring of 4 KiB', () => {
  using object = loadProbe();
  let next = 0;
  using ring = new RingBuffer(object.map('events'), (event) => assert.equal(event[0], next++ % 251));
  for (let i = 0; i < 5000; i++) {
    assert.ok(emit(object, i % 251, 1 + (i % 63)));
    if (i % 40 === 0) ring.drain();
  }
  ring.drain();
  assert.equal(next, 5000);
});

test('a full ring refuses, and goes on when it is drained', () => {
  using object = loadProbe();
  let seen = 0;
  using ring = new RingBuffer(object.map('events'), () => seen++);
  let sent = 0;
  while (emit(object, 1, 56)) sent++;
  assert.equal(sent, 4096 / 64 - 1);
  assert.equal(ring.drain(10), 10);
  assert.ok(emit(object, 1, 56));
  assert.equal(ring.drain(), sent - 9);
  assert.equal(seen, sent + 1);
});

test('what the callback throws goes to onError; the next event still comes', async () => {
  using object = loadProbe();
  const seen = collector(1);
  const errors: unknown[] = [];
  const bad = new Error('bad event');
  const onEvent = (event: Uint8Array): void => {
    if (event[0] === 1) throw bad;
    seen.take(event);
  };
  using ring = new RingBuffer(object.map('events'), onEvent, { onError: (error) => errors.push(error) }).start();
  emit(object, 1);
  emit(object, 2);
  await seen.done;
  assert.deepEqual(errors, [bad]);
  ring.stop();
  emit(object, 3);
  assert.equal(ring.drain(), 1);
});

test('disposed from its own callback, used after it was disposed, not a ring', () => {
  using object = loadProbe();
  let seen = 0;
  const ring = new RingBuffer(object.map('events'), () => {
    seen++;
    ring[Symbol.dispose]();
  });
  emit(object, 1);
  emit(object, 2);
  ring.drain();
  assert.equal(seen, 1);
  assert.throws(() => ring.drain(), libbpfError('EBADF', /RingBuffer events/));
  assert.throws(() => ring.start(), libbpfError('EBADF', /RingBuffer events/));
  assert.throws(() => new RingBuffer(object.map('numbers'), () => {}), libbpfError('EINVAL', /no ring buffer/));
});
