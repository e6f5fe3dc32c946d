import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { PROTOCOL } from '@namewall/protocol';
import type { AgentMessage__Output } from '../src/gen/namewall/v1/AgentMessage.ts';
import { type OperatorCall, rawAgent, rawOperator } from './support/raw.ts';
import { NODE, agent, names, operator, resource, socketAddress } from './support/world.ts';

const MiB = 1024 * 1024;
const hello = { protocolMajor: PROTOCOL.major, protocolMinor: PROTOCOL.minor, node: NODE };

/** 5 MiB in pieces of 256 KiB, and one of 2 MiB. */
function large(seed: string) {
  const small = Array.from({ length: 20 }, (_, i) => resource(`r${i}`, `${seed}${i}`, MiB / 4));
  return [...small, resource('big', seed, 2 * MiB)];
}

test('a state of 7 MiB comes in deltas of about 1 MiB and is applied as one change', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  server.setNode(NODE, large('a'));
  const one = agent(t, address);
  await one.changed.until(() => one.client.state.phase === 'synced');
  assert.equal(one.changes.length, 1);
  assert.equal(one.changes[0]?.upserts.length, 21);
  assert.ok(server.deltasEncoded >= 7, `${server.deltasEncoded} deltas`);
});

test('an agent that acknowledges nothing is owed four deltas, however much there is and changes', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  server.setNode(NODE, large('a'));
  const slow = rawAgent(t, address);
  slow.call.write({ hello });
  slow.call.write({ subscribe: {} });
  const deltas = () => slow.received.flatMap(({ delta }) => delta ?? []);
  await slow.changed.until(() => deltas().length === 4);
  for (let i = 0; i < 20; i++) server.setNode(NODE, large(`b${i}`));
  const [owed] = server.streams();
  assert.equal(owed?.unacked, 4);
  assert.ok(owed.unackedBytes <= 4 * MiB + 4096, `${owed.unackedBytes} octets on the way`);
  assert.equal(
    deltas().some(({ complete }) => complete),
    false,
  );

  slow.call.write({ ack: { nonce: deltas()[0]?.nonce ?? '' } });
  await slow.changed.until(() => deltas().length === 5);
  assert.equal(server.streams()[0]?.unacked, 4);
});

test('one slow agent holds up nobody else', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  server.setNode('slow', large('a'));
  server.setNode(NODE, large('a'));
  const slow = rawAgent(t, address);
  slow.call.pause();
  slow.call.write({ hello: { ...hello, node: 'slow' } });
  slow.call.write({ subscribe: {} });
  const fast = agent(t, address);
  await fast.changed.until(() => fast.client.state.phase === 'synced');
  assert.equal(fast.changes[0]?.upserts.length, 21);
});

test('a stream cut in mid-snapshot leaves nothing of it', async (t) => {
  const address = await socketAddress(t);
  const streams: OperatorCall[] = [];
  const subscribed: number[] = [];
  const part = (name: string) => {
    const { version, body } = resource(name, '1');
    return [{ type: 2 as const, name, version, body }];
  };
  await rawOperator(t, address, (call) => {
    const first = streams.push(call) === 1;
    call.on('data', (message: AgentMessage__Output) => {
      if (message.hello) call.write({ welcome: { protocolMajor: 1 } });
      if (message.subscribe) {
        subscribed.push(message.subscribe.held.length);
        call.write({ delta: { nonce: '1', upserts: part(first ? 'half' : 'whole'), complete: !first } });
      }
      if (first && message.ack) call.emit('error', { code: status.UNAVAILABLE, details: 'cut' });
    });
    call.on('end', () => call.end());
  });
  const one = agent(t, address);
  await one.changed.until(() => one.client.state.phase === 'synced');
  assert.deepEqual(subscribed, [0, 0]);
  assert.deepEqual(one.changes.map(names), [{ upserts: ['whole'], removals: [] }]);
  assert.match(one.client.state.lastError, /UNAVAILABLE: cut/u);
});

test('a body that is not what its version says is refused', async (t) => {
  const address = await socketAddress(t);
  const nack = Promise.withResolvers<unknown>();
  await rawOperator(t, address, (call) => {
    call.on('data', (message: AgentMessage__Output) => {
      if (message.subscribe) {
        const wrong = { type: 2 as const, name: 'a', version: Buffer.alloc(16), body: Buffer.from('x') };
        call.write({ delta: { nonce: '7', upserts: [wrong], complete: true } });
      }
      if (message.nack) nack.resolve(message.nack);
    });
  });
  const one = agent(t, address);
  assert.deepEqual(await nack.promise, {
    nonce: '7',
    errors: [
      {
        resource: { type: 2, name: 'a' },
        reason: 'VersionMismatch',
        message: 'the version is not the hash of the body; restart the operator',
      },
    ],
  });
  assert.equal(one.changes.length, 0);
});

test('a message over 4 MiB ends the stream, in either direction', async (t) => {
  const address = await socketAddress(t);
  await operator(t, address);
  const loud = rawAgent(t, address);
  loud.call.write({ hello: { ...hello, agentVersion: 'x'.repeat(4 * MiB + 1) } });
  assert.equal((await loud.ended).code, status.RESOURCE_EXHAUSTED);

  const other = await socketAddress(t);
  await rawOperator(t, other, (call) => {
    call.on('data', (message: AgentMessage__Output) => {
      if (message.subscribe) call.write({ welcome: { operatorVersion: 'x'.repeat(4 * MiB + 1) } });
    });
    call.on('error', () => call.end());
  });
  const one = agent(t, other, { held: [resource('kept', '1')], backoff: { initial: 600_000, max: 600_000 } });
  await one.changed.until(() => one.client.state.phase === 'waiting');
  assert.match(one.client.state.lastError, /RESOURCE_EXHAUSTED/u);
  assert.equal(one.changes.length, 0);
});
