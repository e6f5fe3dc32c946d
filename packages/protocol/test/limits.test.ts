import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { PROTOCOL, type Turned } from '@namewall/protocol';
import { enrolment } from '../src/grpc/services.ts';
import { makeClient } from '../src/tls/client.ts';
import { Clock } from './support/clock.ts';
import { type SecureWorld, secureOperator } from './support/secure.ts';
import { Condition, NODE, agent, resource } from './support/world.ts';

const MiB = 1024 * 1024;
const hello = { protocolMajor: PROTOCOL.major, protocolMinor: PROTOCOL.minor, node: NODE };

/** Of how many calls to Enrol how many ended with which status. */
async function enrolTimes(t: TestContext, { address, authority }: SecureWorld, times: number, octets = 16) {
  const client = makeClient(address, { ca: authority.certificate });
  t.after(() => client.close());
  const { path, requestSerialize, responseDeserialize } = enrolment.Enrol;
  const request = { token: 'forged', csr: Buffer.alloc(octets) };
  const codes: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const code = await new Promise<status>((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
        resolve(error?.code ?? status.OK);
      });
    });
    codes[status[code]] = (codes[status[code]] ?? 0) + 1;
  }
  return codes;
}

test('an address that tries to enrol again and again is held back', async (t) => {
  const timers = new Clock();
  const limits = { enrolmentsPerAddress: { burst: 3, perSecond: 1 } };
  const world = await secureOperator(t, { limits, timers });
  assert.deepEqual(await enrolTimes(t, world, 10), { UNAUTHENTICATED: 3, RESOURCE_EXHAUSTED: 7 });
  timers.pass(2000);
  assert.deepEqual(await enrolTimes(t, world, 3), { UNAUTHENTICATED: 2, RESOURCE_EXHAUSTED: 1 });
});

test('a stranger’s large message is not even kept', async (t) => {
  const world = await secureOperator(t);
  assert.deepEqual(await enrolTimes(t, world, 1, 65 * 1024), { RESOURCE_EXHAUSTED: 1 });
  assert.deepEqual(await enrolTimes(t, world, 1, 60 * 1024), { UNAUTHENTICATED: 1 });
});

function turning() {
  const turned: Turned[] = [];
  const changed = new Condition();
  const onTurned = (why: Turned) => {
    turned.push(why);
    changed.notify();
  };
  return { turned, changed, onTurned };
}

const floods = [
  { limits: { connectionsPerAddress: 2 }, why: 'connections of an address' },
  { limits: { connections: 2 }, why: 'connections' },
  { limits: { handshakesPerAddress: { burst: 2, perSecond: 0 } }, why: 'handshakes of an address' },
  { limits: { handshakes: { burst: 2, perSecond: 0 } }, why: 'handshakes' },
] as const;
for (const { limits, why } of floods) {
  test(`too many ${why} are closed before the handshake`, async (t) => {
    const { turned, changed, onTurned } = turning();
    const { address } = await secureOperator(t, { limits, onTurned });
    const closed = Promise.withResolvers<void>();
    for (let i = 0; i < 3; i++) {
      const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1');
      socket.once('close', () => closed.resolve());
      socket.on('error', () => undefined);
      t.after(() => socket.destroy());
    }
    await closed.promise;
    await changed.until(() => turned.length > 0);
    assert.deepEqual(turned, [why]);
  });
}

test('a Subscribe that names more than a node can hold is refused, and so is a flood of states', async (t) => {
  const { authority, raw } = await secureOperator(t, { timers: new Clock() });
  const identity = await authority.leaf(NODE);
  const held = Array.from({ length: 65_537 }, (_, i) => ({
    type: 2 as const,
    name: String(i),
    version: Buffer.alloc(1),
  }));
  const greedy = raw(identity);
  greedy.call.write({ hello });
  greedy.call.write({ subscribe: { held } });
  const { code, details } = await greedy.ended;
  assert.equal(code, status.RESOURCE_EXHAUSTED);
  assert.match(details, /names 65537 resources, 65536 are the most/u);

  const chatty = raw(identity);
  chatty.call.write({ hello });
  chatty.call.write({ subscribe: { held: held.slice(0, 65_536) } });
  const states = Array.from({ length: 500 }, () => ({ uid: 'a' }));
  for (let i = 0; i < 40; i++) chatty.call.write({ endpointStates: { states } });
  assert.equal((await chatty.ended).code, status.RESOURCE_EXHAUSTED);
});

test('agents that do not read hold up nobody, and nothing is kept for them', async (t) => {
  const { server, authority, raw, address, credentials } = await secureOperator(t);
  const stalled = ['s1', 's2', 's3'];
  for (const node of stalled) {
    server.setNode(node, [resource('r', 'a', MiB)]);
    const slow = raw(await authority.leaf(node));
    slow.call.pause();
    slow.call.write({ hello: { ...hello, node } });
    slow.call.write({ subscribe: {} });
  }
  const fast = ['f1', 'f2', 'f3'].map((node) => agent(t, address, { node, credentials: credentials(node) }));
  for (let round = 1; round <= 20; round++) {
    for (const node of ['s1', 's2', 's3', 'f1', 'f2', 'f3']) server.setNode(node, [resource('r', `${round}`, MiB)]);
    for (const { client, changed } of fast) await changed.until(() => client.state.changesApplied >= round);
  }
  for (const { node, unacked, unackedBytes } of server.streams().filter((one) => stalled.includes(one.node))) {
    assert.ok(unacked <= 4 && unackedBytes <= 4 * MiB + 4096, `${node}: ${unacked} deltas, ${unackedBytes} octets`);
  }
});
