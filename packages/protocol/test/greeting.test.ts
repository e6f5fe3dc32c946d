import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { PROTOCOL, type Timers } from '@namewall/protocol';
import { rawAgent } from './support/raw.ts';
import { NODE, agent, operator, socketAddress } from './support/world.ts';

const hello = { protocolMajor: PROTOCOL.major, protocolMinor: PROTOCOL.minor, node: NODE };

/** Delays that end when the test says so. */
function handTimers(): Timers & { readonly waiting: { ms: number; run: () => void }[] } {
  const waiting: { ms: number; run: () => void }[] = [];
  return {
    waiting,
    now: () => 0,
    after(ms, run) {
      waiting.push({ ms, run });
      return () => undefined;
    },
  };
}

test('an unknown protocol version is told which side to upgrade', async (t) => {
  const address = await socketAddress(t);
  await operator(t, address);
  const young = rawAgent(t, address);
  young.call.write({ hello: { ...hello, protocolMajor: PROTOCOL.major + 1 } });
  assert.deepEqual(await young.ended.then(({ code, details }) => ({ code, details })), {
    code: status.FAILED_PRECONDITION,
    details: 'protocols are of different major versions: the agent speaks 2.1, the operator 1.1; upgrade the operator',
  });
  const next = rawAgent(t, address);
  next.call.write({ hello: { ...hello, protocolMinor: PROTOCOL.minor + 1 } });
  await next.changed.until(() => next.received.some(({ welcome }) => welcome));
});

const protests = [
  { name: 'Subscribe before Hello', messages: [{ subscribe: {} }], details: /first message must be Hello/u },
  { name: 'no node', messages: [{ hello: { ...hello, node: '' } }], details: /names no node/u },
  { name: 'Hello twice', messages: [{ hello }, { hello }], details: /Hello was said before/u },
  {
    name: 'Subscribe twice',
    messages: [{ hello }, { subscribe: {} }, { subscribe: {} }],
    details: /Subscribe was said/u,
  },
  {
    name: 'Nack of nothing',
    messages: [{ hello }, { subscribe: {} }, { nack: { nonce: 'x' } }],
    details: /Nack must have/u,
  },
];
for (const { name, messages, details } of protests) {
  test(`out of order: ${name}`, async (t) => {
    const address = await socketAddress(t);
    await operator(t, address);
    const rude = rawAgent(t, address);
    for (const message of messages) rude.call.write(message);
    const ended = await rude.ended;
    assert.equal(ended.code, status.INVALID_ARGUMENT);
    assert.match(ended.details, details);
  });
}

test('an Ack of nothing is ignored', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  const odd = rawAgent(t, address);
  odd.call.write({ hello });
  odd.call.write({ subscribe: {} });
  odd.call.write({ ack: { nonce: 'none' } });
  server.setNode(NODE, []);
  await odd.changed.until(() => odd.received.some(({ delta }) => delta?.complete));
});

test('one stream too many is refused', async (t) => {
  const address = await socketAddress(t);
  await operator(t, address, { maxStreams: 1 });
  const first = rawAgent(t, address);
  first.call.write({ hello });
  await first.changed.until(() => first.received.length === 1);
  const second = rawAgent(t, address);
  second.call.write({ hello: { ...hello, node: 'other' } });
  assert.equal((await second.ended).code, status.RESOURCE_EXHAUSTED);
});

test('a stream that says nothing is ended', async (t) => {
  const address = await socketAddress(t);
  const timers = handTimers();
  await operator(t, address, { timers, greetingTimeout: 5 });
  const silent = rawAgent(t, address);
  silent.call.write({ endpointStates: {} });
  assert.equal((await silent.ended).code, status.INVALID_ARGUMENT);
  const quiet = rawAgent(t, address);
  quiet.call.write({ hello });
  await quiet.changed.until(() => quiet.received.length === 1);
  for (const { ms, run } of timers.waiting) if (ms === 5) run();
  assert.equal((await quiet.ended).code, status.DEADLINE_EXCEEDED);
});

test('with nobody there the agent waits longer and longer, and stops at once', async (t) => {
  const address = await socketAddress(t);
  const timers = handTimers();
  const one = agent(t, address, { timers, random: () => 0.5, backoff: { initial: 100, max: 400 } });
  for (let i = 1; i <= 4; i++) {
    await one.changed.until(() => one.client.state.phase === 'waiting' && one.client.state.failedAttempts === i);
    while (timers.waiting.length < i) await new Promise(setImmediate);
    timers.waiting[i - 1]?.run();
  }
  assert.deepEqual(
    timers.waiting.slice(0, 4).map(({ ms }) => ms),
    [75, 150, 300, 300],
  );
  await one.stop();
  assert.equal(one.client.state.phase, 'stopped');
});
