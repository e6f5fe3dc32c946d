import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { PROTOCOL } from '@namewall/protocol';
import { newKeyAndRequest } from '../src/tls/csr.ts';
import { HOUR } from './support/authority.ts';
import { Clock } from './support/clock.ts';
import { secureOperator } from './support/secure.ts';
import { NODE, agent, resource } from './support/world.ts';

const hello = { protocolMajor: PROTOCOL.major, protocolMinor: PROTOCOL.minor, node: NODE };
/** Good for an hour from now on. */
const FRESH = { from: 0, until: HOUR };
const MINUTE = 60_000;

/** An operator whose clock and whose agent's clock the test moves. */
async function timed(t: Parameters<typeof secureOperator>[0]) {
  const clock = new Clock();
  const enrolments: string[] = [];
  let refuse = false;
  const world = await secureOperator(t, {
    timers: clock,
    wallClock: clock.wallClock,
    async enrol(attempt) {
      enrolments.push(attempt.address);
      if (refuse) return undefined;
      const enrolled = await world.authority.enrol(FRESH)(attempt);
      return enrolled && { ...enrolled, notAfter: clock.wallClock() + HOUR };
    },
  });
  return { ...world, clock, enrolments, refuse: () => (refuse = true) };
}

test('a certificate is renewed in the open stream, which outlives the first one', async (t) => {
  const { server, address, credentials, clock, enrolments } = await timed(t);
  server.setNode(NODE, [resource('r', 'a')]);
  const one = agent(t, address, { credentials: credentials(NODE), timers: clock, random: () => 0.5 });
  await one.changed.until(() => one.client.state.phase === 'synced');
  for (let hours = 1; hours <= 3; hours++) {
    clock.pass(43 * MINUTE);
    while (enrolments.length <= hours) await new Promise(setImmediate);
    // The answer is there when the client waits for the next time.
    while (!clock.waits.includes(42 * MINUTE)) await new Promise(setImmediate);
  }
  server.setNode(NODE, [resource('r', 'b')]);
  await one.changed.until(() => one.client.state.changesApplied === 2);
  assert.equal(one.client.state.lastError, '');
  // The first came over the network, the others in the stream.
  assert.deepEqual(enrolments, ['127.0.0.1', NODE, NODE, NODE]);
});

test('a stream without a renewal ends with its certificate; the agent keeps what it has and enrols anew', async (t) => {
  const { server, authority, raw, address, credentials, clock } = await timed(t);
  server.setNode(NODE, [resource('r', 'a')]);
  const one = raw(await authority.leaf(NODE, { until: HOUR }));
  one.call.write({ hello });
  one.call.write({ subscribe: {} });
  await one.changed.until(() => one.received.length === 2);
  clock.pass(59 * MINUTE);
  server.setNode(NODE, [resource('r', 'b')]);
  clock.pass(MINUTE + 1000);
  const { code, details } = await one.ended;
  assert.equal(code, status.UNAUTHENTICATED);
  assert.match(details, /has run out; enrol again. What is enforced stays/u);

  const two = agent(t, address, { credentials: credentials(NODE) });
  await two.changed.until(() => two.client.state.phase === 'synced');
});

test('a renewal that is refused, or for another node, leaves the stream its first time', async (t) => {
  const { authority, raw, clock, refuse } = await timed(t);
  const one = raw(await authority.leaf(NODE));
  one.call.write({ hello });
  one.call.write({ subscribe: {} });
  const renewals = () => one.received.flatMap(({ renewal }) => renewal ?? []);
  const { csr } = await newKeyAndRequest(NODE);
  one.call.write({ renew: { token: 'other', csr } });
  await one.changed.until(() => renewals().length === 1);
  assert.equal(renewals()[0]?.enrolled, null);
  refuse();
  one.call.write({ renew: { token: NODE, csr } });
  await one.changed.until(() => renewals().length === 2);
  assert.equal(renewals()[1]?.enrolled, null);
  clock.pass(HOUR + 1000);
  assert.equal((await one.ended).code, status.UNAUTHENTICATED);
});

test('renewals in a row are refused before anybody is asked', async (t) => {
  const { authority, raw, enrolments } = await timed(t);
  const one = raw(await authority.leaf(NODE));
  one.call.write({ hello });
  for (let i = 0; i < 50; i++) one.call.write({ renew: { token: NODE } });
  await one.changed.until(() => one.received.filter(({ renewal }) => renewal).length === 50);
  assert.ok(enrolments.length <= 4, `${enrolments.length}`);
});
