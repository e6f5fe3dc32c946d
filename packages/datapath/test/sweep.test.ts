import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRulesetFlag } from '../src/gen/enums.gen.ts';
import { Usage } from '../src/gen/structs.gen.ts';
import { a, answer, ask, asking, NAME } from './packets/asking.ts';
import { mapped, POD, TCP, tcp, udp } from './packets/frames.ts';
import { query, response, TYPE } from './packets/messages.ts';
import { rounds, until } from './packets/rounds.ts';
import { Conversation, framed } from './packets/streaming.ts';
import { ACTION, ENDPOINT, MINUTE, rule, RULESET, World } from './packets/world.ts';

const ADDRESS = '203.0.113.1';

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
    await rounds(world);
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

  test('removes connections to resolvers that have ended or gone silent, with what was kept of their answers', async () => {
    using world = asking();
    const silent = Conversation.opened(world, { port: 42000 });
    silent.pod(framed(query(NAME)));
    silent.resolver(framed(response(NAME, TYPE.A, [a(ADDRESS)])).subarray(0, 30));
    const ended = Conversation.opened(world, { port: 42001 });
    ended.resolver('', { flags: TCP.FIN });
    const usage = () => world.maps.usage.get(ENDPOINT);
    assert.deepEqual([usage()?.streams, usage()?.streamParts], [2, 1]);
    world.startSweeper();
    world.advance(MINUTE);
    await until('the ended one to be gone', () => usage()?.streams === 1);
    await rounds(world);
    assert.notEqual(silent.held(), undefined, 'the other one lives');
    world.advance(130n * MINUTE);
    await until('the silent one to be gone', () => usage()?.streams === 0);
    assert.deepEqual([...world.maps.streams.keys(), ...world.maps.streamParts.keys()], []);
    assert.equal(usage()?.streamParts, 0);
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
    await rounds(world);
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

/** A world whose pod may send to ADDRESS whatever its name. */
function allowing(): World {
  const world = new World();
  world.select(NwRulesetFlag.ISOLATED);
  world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(ADDRESS) }, rule([{}]));
  return world;
}

describe('shares of the flow table', () => {
  const out = udp({ source: POD, destination: ADDRESS, sourcePort: 8, destinationPort: 9 }, Buffer.alloc(4));
  const back = udp({ source: ADDRESS, destination: POD, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4));
  const usage = (world: World) => {
    const { flowsIn, flowsOut } = world.maps.usage.get(ENDPOINT) ?? {};
    return { flowsIn, flowsOut };
  };

  test('move with a flow that a late reply takes over, and stay right when it ends', async () => {
    using world = allowing();
    world.expect('pod_out', out, ACTION.PASS, ['PASS_CIDR']);
    world.advance(3n * MINUTE);
    world.expect('pod_in', back, ACTION.PASS, ['PASS_INBOUND_FLOW']);
    assert.deepEqual(usage(world), { flowsIn: 1, flowsOut: 0 });
    world.advance(3n * MINUTE);
    world.startSweeper();
    await until('the flow is swept', () => [...world.maps.flows.keys()].length === 0);
    assert.deepEqual(usage(world), { flowsIn: 0, flowsOut: 0 });
    const call = tcp(
      { source: '203.0.113.66', destination: POD, sourcePort: 1, destinationPort: 2 },
      { flags: TCP.SYN },
    );
    world.expect('pod_in', call, ACTION.PASS, ['PASS_INBOUND_FLOW']);
  });

  test('of a pod that is gone are not given back to the next in its slot', async () => {
    using world = allowing();
    world.run('pod_out', out);
    const next = ENDPOINT + world.maps.endpoints.maxEntries;
    const held = world.maps.endpoints.get(ENDPOINT);
    assert.ok(held);
    world.maps.endpoints.set(ENDPOINT, { ...held, number: next });
    world.maps.usage.set(ENDPOINT, Usage.read(new Uint8Array(Usage.size)));
    world.advance(3n * MINUTE);
    world.startSweeper();
    await until('the flow is swept', () => [...world.maps.flows.keys()].length === 0);
    assert.deepEqual(usage(world), { flowsIn: 0, flowsOut: 0 });
  });
});
