/** Waiting for the kernel timer, which ticks each 250 ms and reads each table once a second. */
import { setTimeout as delay } from 'node:timers/promises';
import type { World } from './world.ts';

const DEADLINE = 20_000;

/** Waits until the kernel timer has made it so. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${DEADLINE / 1000} s`);
    await delay(50);
  }
}

/** Waits for whole rounds of the sweeper over every table; two are enough for a claim and a deletion. */
export async function rounds(world: World, count = 2): Promise<void> {
  const runs = (): bigint => world.maps.sweeper.get(0)?.runs ?? 0n;
  const from = runs();
  await until(`${count} rounds of the sweeper`, () => runs() >= from + 4n * BigInt(count + 1));
}
