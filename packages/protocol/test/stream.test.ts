import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';
import { type ApplyResult, ProtocolError } from '@namewall/protocol';
import { NODE, agent, names, operator, resource, socketAddress } from './support/world.ts';

test('an agent gets the whole state, then only what differs', async (t) => {
  const address = await socketAddress(t);
  const { server, events, changed } = await operator(t, address);
  server.setNode(NODE, [resource('a', '1'), resource('b', '1')], '00-trace');
  const one = agent(t, address);
  await one.changed.until(() => one.client.state.phase === 'synced');
  assert.deepEqual(names(one.changes[0]), { upserts: ['a', 'b'], removals: [] });
  assert.equal(one.changes[0]?.traceparent, '00-trace');
  assert.deepEqual(one.changes[0].upserts[0]?.body, Buffer.alloc(16, '1'));

  server.setNode(NODE, [resource('a', '2'), resource('c', '1')]);
  await changed.until(() => events.filter(({ kind }) => kind === 'acked').length === 2);
  assert.deepEqual(names(one.changes[1]), { upserts: ['a', 'c'], removals: ['b'] });
  assert.equal(server.streams()[0]?.inSync, true);

  server.setNode(NODE, [resource('a', '2'), resource('c', '1')]);
  assert.equal(server.streams()[0]?.inSync, true);
  assert.equal(one.client.state.changesApplied, 2);
});

test('a node that was never set is sent nothing, above all no removals', async (t) => {
  const address = await socketAddress(t);
  const { server, events, changed } = await operator(t, address);
  const one = agent(t, address, { held: [resource('kept', '1')] });
  await one.changed.until(() => one.client.state.phase === 'syncing');
  assert.equal(one.changes.length, 0);
  server.setNode(NODE, [resource('kept', '1')]);
  await changed.until(() => events.some(({ kind }) => kind === 'acked'));
  assert.equal(one.client.state.phase, 'synced');
  assert.equal(one.changes.length, 0, 'what is held is not sent');
});

test('what an agent refuses is not sent again until it changes, the rest is', async (t) => {
  const address = await socketAddress(t);
  const { server, events, changed } = await operator(t, address);
  const refuse = (name: string): ApplyResult => ({
    ok: false,
    errors: [{ type: 2, name, reason: 'TooMany', message: 'too many; select fewer' }],
  });
  const one = agent(t, address, {
    apply: ({ upserts }) =>
      Promise.resolve(
        upserts.some(({ name, body }) => name === 'bad' && body[0] === 0x31) ? refuse('bad') : { ok: true },
      ),
  });
  server.setNode(NODE, [resource('bad', '1'), resource('good', '1')]);
  await changed.until(() => events.some(({ kind }) => kind === 'acked'));
  assert.deepEqual(one.changes.map(names), [
    { upserts: ['bad', 'good'], removals: [] },
    { upserts: ['good'], removals: [] },
  ]);
  assert.deepEqual(server.streams()[0]?.rejected, [{ type: 2, name: 'bad' }]);

  server.setNode(NODE, [resource('bad', '1'), resource('good', '2')]);
  await one.changed.until(() => one.changes.length === 3);
  assert.deepEqual(names(one.changes[2]), { upserts: ['good'], removals: [] });

  server.setNode(NODE, [resource('bad', '2'), resource('good', '2')]);
  await one.changed.until(() => one.client.state.changesApplied === 3);
  assert.deepEqual(names(one.changes[3]), { upserts: ['bad'], removals: [] });
  assert.deepEqual(server.streams()[0]?.rejected, []);
});

test('what apply throws refuses the change as a whole, until something else is wanted', async (t) => {
  const address = await socketAddress(t);
  const { server, events, changed } = await operator(t, address);
  let broken = true;
  const one = agent(t, address, {
    apply: () => (broken ? Promise.reject(new Error('no room')) : Promise.resolve({ ok: true })),
  });
  server.setNode(NODE, [resource('a', '1')]);
  await changed.until(() => events.some(({ kind }) => kind === 'refused'));
  const refused = events.find((event) => event.kind === 'refused');
  assert.deepEqual(refused?.errors, [
    { type: 0, name: '', reason: 'ApplyFailed', message: "no room; see the agent's log" },
  ]);
  assert.equal(server.streams()[0]?.inSync, false);
  broken = false;
  server.setNode(NODE, [resource('a', '1'), resource('b', '1')]);
  await one.changed.until(() => one.client.state.phase === 'synced');
  assert.deepEqual(names(one.changes[1]), { upserts: ['a', 'b'], removals: [] });
});

test('while an agent applies, changes add up to one', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  const gate = Promise.withResolvers<ApplyResult>();
  const one = agent(t, address, { apply: () => gate.promise });
  server.setNode(NODE, [resource('a', '0')]);
  await one.changed.until(() => one.changes.length === 1);
  for (let i = 1; i <= 50; i++) server.setNode(NODE, [resource('a', String(i))]);
  assert.equal(server.streams()[0]?.unacked, 1);
  gate.resolve({ ok: true });
  await one.changed.until(() => one.client.state.changesApplied === 2);
  assert.deepEqual(one.changes[1]?.upserts[0]?.version, resource('a', '50').version);
});

test('another replica goes on where the first one stopped', async (t) => {
  const [first, second] = [await socketAddress(t), await socketAddress(t)];
  const { server } = await operator(t, first);
  const state = [resource('a', '1'), resource('b', '1')];
  server.setNode(NODE, state);
  const one = agent(t, first);
  await one.changed.until(() => one.client.state.phase === 'synced');
  await one.stop();
  const { server: other } = await operator(t, second);
  other.setNode(NODE, [resource('a', '1'), resource('b', '2')]);
  const again = agent(t, second, { held: one.changes[0]?.upserts ?? [] });
  await again.changed.until(() => again.client.state.phase === 'synced');
  assert.deepEqual(again.changes.map(names), [{ upserts: ['b'], removals: [] }]);
});

test('the operator restarts: the agent comes back and says what it holds', async (t) => {
  const address = await socketAddress(t);
  const first = await operator(t, address);
  first.server.setNode(NODE, [resource('a', '1')]);
  const one = agent(t, address);
  await one.changed.until(() => one.client.state.phase === 'synced');
  await first.server.close();
  await one.changed.until(() => one.client.state.phase === 'waiting');
  const second = await operator(t, address);
  second.server.setNode(NODE, [resource('a', '1'), resource('b', '1')]);
  await one.changed.until(() => one.changes.length === 2);
  assert.deepEqual(names(one.changes[1]), { upserts: ['b'], removals: [] });
});

test('agents of one node: the newest counts, and the states of its endpoints arrive', async (t) => {
  const address = await socketAddress(t);
  const heard: string[] = [];
  const { server, events, changed } = await operator(t, address, {
    onEndpointStates: (_node, states) => {
      heard.push(...states.map(({ uid }) => uid));
      changed.notify();
    },
  });
  server.setNode(NODE, []);
  const old = agent(t, address, { backoff: { initial: 600_000, max: 600_000 } });
  await old.changed.until(() => old.client.state.phase === 'synced');
  const young = agent(t, address);
  young.client.reportEndpoints([{ uid: 'u1', phase: 2 }]);
  await changed.until(() => heard.includes('u1'));
  await old.changed.until(() => old.client.state.phase === 'waiting');
  assert.equal(server.streams().length, 1);
  assert.match(old.client.state.lastError, /ABORTED: another agent of node node-a/u);
  assert.ok(events.some((event) => event.kind === 'disconnected'));
});

test('equal changes are encoded once for all agents', async (t) => {
  const address = await socketAddress(t);
  const { server } = await operator(t, address);
  const state = [resource('a', '1')];
  const agents = ['n1', 'n2', 'n3'].map((node) => agent(t, address, { node }));
  for (const { changed, client } of agents) await changed.until(() => client.state.phase === 'syncing');
  server.setNode('n1', state);
  server.setNode('n2', state);
  server.setNode('n3', state);
  for (const { changed, client } of agents) await changed.until(() => client.state.phase === 'synced');
  assert.equal(server.deltasEncoded, 1);
});

test('the socket is for its owner alone, and never taken from a living server', async (t) => {
  const address = await socketAddress(t);
  await operator(t, address);
  const { mode } = await stat(address.slice('unix:'.length));
  assert.equal(mode & 0o777, 0o600);
  await assert.rejects(
    operator(t, address),
    (error) => error instanceof ProtocolError && error.code === 'ADDRESS_IN_USE',
  );
});
