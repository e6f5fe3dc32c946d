/** Learn before deliver: a connection made straight after an answer is never refused. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Race } from '../src/lab/race.ts';
import { fetchFrom } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { type World, makeWorld } from '../src/lab/world.ts';

const ROUNDS = 20_000;

describe('look-up then connect', () => {
  let world: World;
  let race: Race;

  before(async () => {
    // Answers expire while the rounds go on, so that learning also meets the sweeper.
    const durations = ['ttlFloor: 1s', 'ttlCeiling: 1s', 'ttlGrace: 1s', 'idleWindow: 1s'];
    world = await makeWorld({ durations, quotas: ['learned: 65000', 'flowsOut: 100000', 'pending: 4096'] });
    race = new Race(world.lab);
    await startWithoutPolicy(world);
    await enforce(world);
  });
  after(() => world.lab.dispose());

  const sound = {
    rounds: ROUNDS,
    connected: ROUNDS,
    refused: 0,
    timedOut: 0,
    other: 0,
    unanswered: 0,
    refusedNames: 0,
  };

  it('is never refused at an address not met before', async () => {
    const shop = world.lab.pod('shop');
    assert.equal((await fetchFrom(shop, '198.18.200.1')).result, 'refused', 'the control: unknown is refused');
    assert.deepEqual(await race.connect(shop, { rounds: ROUNDS, span: ROUNDS }), sound);
  });

  it('is never refused over IPv6 either', async () => {
    const shop = world.lab.pod('shop');
    assert.equal((await fetchFrom(shop, '[2001:db8:cafe:1::ffff]')).result, 'refused', 'the control');
    assert.deepEqual(await race.connect(shop, { rounds: ROUNDS, span: ROUNDS, family: 'v6' }), sound);
  });

  it('is never refused after a look-up over TCP', async () => {
    const shop = world.lab.pod('shop');
    assert.equal((await fetchFrom(shop, '198.18.208.1')).result, 'refused', 'the control');
    assert.deepEqual(await race.connect(shop, { rounds: ROUNDS, span: 8000, first: 24_000, tcp: true }), sound);
  });

  it('is never refused at addresses that expire and return', async () => {
    assert.deepEqual(await race.connect(world.lab.pod('shop'), { rounds: ROUNDS, span: 500, first: 24_000 }), sound);
  });
});
