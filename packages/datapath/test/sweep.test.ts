import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { a, answer, ask, asking, NAME } from './packets/asking.ts';
import { POD, TCP, tcp } from './packets/frames.ts';
import { response, TYPE } from './packets/messages.ts';
import { ACTION, ENDPOINT, MINUTE, type World } from './packets/world.ts';

const DEADLINE = 20_000;
const ADDRESS = '203.0.113.1';

/** Waits until the kernel timer has made it so; the timer ticks each 250 ms and reads each table once a second. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${DEADLINE / 1000} s`);
    await delay(50);
  }
}

/** Runs of the sweeper so far. */
const runs = (world: World): bigint => world.maps.sweeper.get(0)?.runs ?? 0n;

/** Waits for two whole rounds: enough for a claim and a deletion in every table. */
async function twoRounds(world: World): Promise<void> {
  const from = runs(world);
  await until('two rounds of the sweeper', () => runs(world) >= from + 12n);
}

const syn = tcp({ source: POD, destination: ADDRESS, sourcePort: 5, destinationPort: 443 }, { flags: TCP.SYN });

function learnAndConnect(world: World): void {
  ask(world);
  world.expect('pod_in', answer(response(NAME, TYPE.A, [a(ADDRESS)])), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
  world.expect('pod_out', syn, ACTION.PASS, ['PASS_NAME']);
}

describe('the kernel timer', () => {
  test('removes what has expired and gives the quota back, and leaves what lives', async () => {
    using world = asking();
    learnAndConnect(world);
    ask(world, undefined, 41000);
    world.startSweeper();
    await twoRounds(world);
    const held = world.maps.usage.get(ENDPOINT);
    assert.deepEqual(
      [held?.pending, held?.learned, held?.flowsOut],
      [1, 1, 1],
      'answered questions go, all else lives',
    );
    world.advance(10n * MINUTE);
    await until('everything expired to be gone', () => {
      const now = world.maps.usage.get(ENDPOINT);
      return now?.pending === 0 && now.learned === 0 && now.flowsOut === 0;
    });
    assert.deepEqual([...world.maps.learned.keys(), ...world.maps.pending.keys(), ...world.maps.flows.keys()], []);
  });

  test('an answer claims back what the sweeper has claimed', async () => {
    using world = asking();
    learnAndConnect(world);
    const key = [...world.maps.learned.keys()][0];
    assert.ok(key);
    world.advance(10n * MINUTE);
    const claimed = world.maps.learned.get(key);
    assert.ok(claimed);
    world.maps.learned.set(key, { ...claimed, state: 1 });
    ask(world);
    world.expect('pod_in', answer(response(NAME, TYPE.A, [a(ADDRESS)])), ACTION.PASS, [
      'ANSWER_LEARNED',
      'LEARN_REFRESHED',
    ]);
    assert.equal(world.maps.learned.get(key)?.state, 0);
    world.startSweeper();
    await twoRounds(world);
    assert.deepEqual(world.learned(ADDRESS), [1]);
  });

  test('an answer that waits in vain for a deletion teaches nothing and is counted', () => {
    using world = asking();
    learnAndConnect(world);
    const key = [...world.maps.learned.keys()][0];
    assert.ok(key);
    const entry = world.maps.learned.get(key);
    assert.ok(entry);
    world.maps.learned.set(key, { ...entry, state: 2 });
    ask(world);
    world.expect('pod_in', answer(response(NAME, TYPE.A, [a(ADDRESS)])), ACTION.PASS, [
      'ANSWER_LEARNED',
      'LEARN_CLAIMED',
    ]);
  });
});
