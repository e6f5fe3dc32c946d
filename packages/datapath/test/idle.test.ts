/** How long an address outlives its TTL while a flow of the pod's uses it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Learned } from '../src/gen/structs.gen.ts';
import { a, answer, asking, NAME } from './packets/asking.ts';
import { mapped, POD, TCP, tcp, udp } from './packets/frames.ts';
import { query, response, TYPE } from './packets/messages.ts';
import { rounds, until } from './packets/rounds.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, RULESET, type World } from './packets/world.ts';

const ADDRESS = '203.0.113.1';
const KEY = { endpoint: ENDPOINT, address: mapped(ADDRESS) };
const WINDOW = 10n * MINUTE;

const sent = (flags: number, sourcePort = 50000): Buffer =>
  tcp({ source: POD, destination: ADDRESS, sourcePort, destinationPort: 443 }, { flags, acknowledgement: 1 });
const syn = (sourcePort?: number): Buffer => sent(TCP.SYN, sourcePort);
const ack = (sourcePort?: number): Buffer => sent(TCP.ACK, sourcePort);

/** The pod asks for `name` and learns ADDRESS for five minutes and the grace of one. */
function learn(world: World, name = NAME, ttl = 300): void {
  const ask = udp({ source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 }, query(name));
  assert.equal(world.run('pod_out', ask).action, ACTION.PASS);
  const { counted } = world.run('pod_in', answer(response(name, TYPE.A, [a(ADDRESS, undefined, { ttl })])));
  assert.equal(counted.includes('ANSWER_LEARNED'), true, counted.join());
}

function held(world: World): Learned {
  const entry = world.maps.learned.get(KEY);
  assert.ok(entry);
  return entry;
}

/** When the pod's flow from that port was opened, and until when its address is held. */
function times(world: World, localPort = 50000): { created: bigint; expires: bigint } {
  const flow = world.flow({ local: POD, remote: ADDRESS, localPort, remotePort: 443, protocol: 6 });
  assert.ok(flow);
  return { created: flow.created, expires: held(world).expires[0] ?? 0n };
}

describe('a new connection', () => {
  test('keeps its address for the idle window', () => {
    using world = asking();
    learn(world);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    const { created, expires } = times(world);
    assert.equal(expires, created + WINDOW);
  });

  test('does not shorten a longer life', () => {
    using world = asking();
    learn(world, NAME, 7200);
    const before = held(world).expires[0];
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    assert.equal(held(world).expires[0], before);
  });

  test("goes by its ruleset's window where that has one", () => {
    using world = asking();
    const ruleset = world.maps.rulesets.get(RULESET);
    assert.ok(ruleset);
    world.maps.rulesets.set(RULESET, { ...ruleset, idleWindow: 7n * MINUTE });
    learn(world);
    world.run('pod_out', syn());
    const { created, expires } = times(world);
    assert.equal(expires, created + 7n * MINUTE);
  });

  test('keeps it for the identity that let it through and no other', () => {
    using world = asking();
    learn(world);
    learn(world, 'www.other.example');
    const before = held(world);
    assert.deepEqual(before.handles.slice(0, 3), [1, 2, 0]);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    const after = held(world);
    assert.notEqual(after.expires[0], before.expires[0]);
    assert.deepEqual(after.expires.slice(1), before.expires.slice(1));
  });

  test('claims back what the sweeper has claimed before it writes, and leaves what is being deleted', () => {
    using world = asking();
    learn(world);
    const before = held(world);
    world.maps.learned.set(KEY, { ...before, state: 1 });
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    assert.equal(held(world).state, 0);
    assert.notEqual(held(world).expires[0], before.expires[0]);
    world.maps.learned.set(KEY, { ...before, state: 2 });
    world.expect('pod_out', syn(50001), ACTION.PASS, ['PASS_NAME']);
    assert.equal(held(world).expires[0], before.expires[0]);
  });
});

describe('while a flow is used', () => {
  test('its address lives on, past any TTL, and a pool may connect again', async () => {
    using world = asking();
    learn(world);
    world.startSweeper();
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    for (let i = 0; i < 3; i++) {
      world.advance(8n * MINUTE);
      world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
      const before = times(world).expires;
      await until('its address to be extended', () => times(world).expires > before);
    }
    world.advance(8n * MINUTE);
    world.expect('pod_out', syn(50001), ACTION.PASS, ['PASS_NAME']);
  });

  test('control: with no idle window the flow lives and a new one is denied', async () => {
    using world = asking();
    world.configure({ idleWindow: 1n });
    learn(world);
    world.startSweeper();
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    for (let i = 0; i < 3; i++) {
      world.advance(8n * MINUTE);
      world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
      await rounds(world, 1);
    }
    world.advance(8n * MINUTE);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    const { action, counted } = world.run('pod_out', syn(50001));
    assert.deepEqual([action, counted.includes('REPLY_RESET')], [ACTION.REDIRECT, true], counted.join());
  });

  test('but not while it is silent', async () => {
    using world = asking();
    learn(world);
    world.startSweeper();
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    world.advance(WINDOW - MINUTE);
    await rounds(world, 1);
    world.expect('pod_out', syn(50001), ACTION.PASS, ['PASS_NAME']);
    world.advance(WINDOW + MINUTE);
    world.expect('pod_out', syn(50002), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
  });
});

test('when a flow has ended its address lives for the window from its last packet, to the nanosecond', async () => {
  using world = asking();
  learn(world, NAME, 3600);
  world.run('pod_out', syn());
  world.run('pod_out', ack());
  world.startSweeper();
  world.advance(60n * MINUTE);
  world.run('pod_out', sent(TCP.ACK | TCP.FIN));
  const flow = world.flow({ local: POD, remote: ADDRESS, localPort: 50000, remotePort: 443, protocol: 6 });
  const { tcpClosing } = world.maps.config.get(0) ?? {};
  assert.ok(flow && tcpClosing);
  world.advance(tcpClosing);
  await until('the flow is swept', () => [...world.maps.flows.keys()].length === 0);
  assert.equal(held(world).expires[0], flow.expires - tcpClosing + WINDOW);
});
