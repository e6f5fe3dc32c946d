import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LossyQueue } from './queue.ts';

test('a slow consumer loses what does not fit and is told how many', async () => {
  const queue = new LossyQueue<number>(2);
  for (const n of [1, 2, 3, 4]) queue.push(n);
  const stop = new AbortController();
  const batches = queue.drain(stop.signal);
  assert.deepEqual((await batches.next()).value, { items: [1, 2], lost: 2 });
  const next = batches.next();
  queue.push(5);
  assert.deepEqual((await next).value, { items: [5], lost: 0 });
});

test('a waiting consumer ends with its signal', async () => {
  const stop = new AbortController();
  const next = new LossyQueue<number>(1).drain(stop.signal).next();
  stop.abort();
  assert.equal((await next).done, true);
});
