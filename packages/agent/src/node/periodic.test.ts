import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Periodic } from './periodic.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** Milliseconds. */
const [EVER, WATCHED] = [60_000, 500];

test('news that never cease have some runs a second, and no more', async () => {
  let runs = 0;
  await using work = new Periodic(EVER, log, 'work', () => runs++);
  const end = performance.now() + WATCHED;
  let asked = 0;
  for (; performance.now() < end; asked++) {
    work.soon();
    await setTimeout(1);
  }
  assert.ok(runs >= 1 && runs <= 1 + WATCHED / 200, `${runs} of ${asked}`);
});
