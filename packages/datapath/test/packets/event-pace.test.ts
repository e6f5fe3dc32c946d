/** A CPU wakes the reader of events once in a while, not for each; none is lost or late for that. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { watchEvents } from '../../src/events.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { POD, udp } from './frames.ts';
import { query, wire } from './messages.ts';
import { ACTION, RESOLVER, World } from './world.ts';

const ROUNDS = 20;

const refused = (name: string): Buffer =>
  udp({ source: POD, sourcePort: 4000, destination: RESOLVER, destinationPort: 53 }, query(name));

describe('events', () => {
  let world: World;
  before(() => {
    world = new World();
    world.select(NwRulesetFlag.FILTER_NAMES | NwRulesetFlag.ISOLATED);
  });
  after(() => world[Symbol.dispose]());

  it('arrive, those too that woke nobody', async () => {
    const waiting = new Map<string, () => void>();
    using _ = watchEvents(
      world.maps,
      ({ name }) => waiting.get(Buffer.from(name).toString('latin1'))?.(),
      (error) => assert.fail(String(error)),
    );
    const refuse = (name: string): Promise<void> =>
      new Promise((resolve) => {
        waiting.set(wire(name).toString('latin1'), resolve);
        assert.equal(world.run('pod_out', refused(name)).action, ACTION.REDIRECT);
      });
    for (let i = 0; i < ROUNDS; i++) {
      await refuse(`first${i}.forbidden.example`);
      // The reader is asleep again when the second is sent, most often within the time in which it is not woken.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      await refuse(`second${i}.forbidden.example`);
    }
  });
});
