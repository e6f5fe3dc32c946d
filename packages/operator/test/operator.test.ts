import assert from 'node:assert/strict';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectorySource, startOperator } from '@namewall/operator';
import {
  type Change,
  PolicyClient,
  ProtocolError,
  ResourceType,
  endpointCodec,
  nodeConfigCodec,
  rulesetCodec,
} from '@namewall/protocol';
import { parseTraceparent } from '@namewall/telemetry';
import { CONFIG, memoryLog, pod, policy, put, temporaryFolder } from './support/folder.ts';

async function serving(t: TestContext, folder: string, listen: string) {
  const { log, entries } = memoryLog();
  const stop = new AbortController();
  const source = new DirectorySource({ folder, log, settle: 5, relist: 50 });
  const operator = await startOperator({ source, listen, node: 'n', version: '0.0.1', log }, stop.signal);
  const end = async () => {
    stop.abort();
    await operator.stopped;
  };
  t.after(end);
  return { operator, entries, end };
}

function following(t: TestContext, address: string) {
  const changes: Change[] = [];
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const client = new PolicyClient({
    address,
    node: 'n',
    agentVersion: '0.0.1',
    held: [],
    backoff: { initial: 1, max: 5 },
    onState: () => {
      for (const check of waiting) check();
    },
    apply(change) {
      changes.push(change);
      return Promise.resolve({ ok: true });
    },
  });
  const running = client.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  const applied = async (count: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (client.state.changesApplied >= count && client.state.phase === 'synced') resolve();
    };
    waiting.add(check);
    check();
    await promise;
    waiting.delete(check);
  };
  return { client, changes, applied };
}

const ofType = (change: Change | undefined, type: ResourceType) =>
  (change?.upserts ?? []).filter((one) => one.type === type);

test('from files to an agent: the compiled state, then what changes, and nothing secret in the log', async (t) => {
  const folder = await temporaryFolder(t);
  const listen = `unix:${join(await temporaryFolder(t), 'operator.sock')}`;
  await put(folder, 'all.yaml', `${policy('a')}---\n${pod('one', 'u1')}---\n${pod('two', 'u2')}---\n${CONFIG}`);
  const { operator, entries, end } = await serving(t, folder, listen);
  const agent = following(t, listen);
  await agent.applied(1);
  const [first] = agent.changes;
  assert.ok(parseTraceparent(first?.traceparent ?? ''));
  const [config] = ofType(first, ResourceType.RESOURCE_TYPE_NODE_CONFIG);
  assert.equal(nodeConfigCodec.decode(config?.body ?? Buffer.of()).clusterDomain, 'cluster.local');
  const rulesets = ofType(first, ResourceType.RESOURCE_TYPE_RULESET);
  assert.equal(rulesets.length, 1, 'pods with the same rules share one');
  const names = rulesetCodec.decode(rulesets[0]?.body ?? Buffer.of()).names.map(({ selector }) => selector);
  assert.ok(names.includes('v1|n|api.example.com'), names.join(' '));
  const endpoints = ofType(first, ResourceType.RESOURCE_TYPE_ENDPOINT).map(({ body }) => endpointCodec.decode(body));
  assert.deepEqual(
    endpoints.map(({ uid, ruleset, netns }) => [uid, ruleset, netns]),
    [
      ['u1', rulesets[0]?.name, '/run/netns/one'],
      ['u2', rulesets[0]?.name, '/run/netns/two'],
    ],
  );

  await put(folder, 'b.yaml', policy('b', 'other.example'));
  await agent.applied(2);
  assert.equal(ofType(agent.changes[1], ResourceType.RESOURCE_TYPE_RULESET).length, 1);
  assert.deepEqual(
    agent.changes[1]?.removals.map(({ name }) => name),
    [rulesets[0]?.name],
  );
  assert.equal(ofType(agent.changes[1], ResourceType.RESOURCE_TYPE_NODE_CONFIG).length, 0);
  while (operator.status().streams[0]?.inSync !== true) await new Promise(setImmediate);

  await unlink(join(folder, 'b.yaml'));
  await agent.applied(3);
  await end();
  const lines = entries.map(({ message, policy: name, selector }) =>
    [message, name ?? selector].filter(Boolean).join(' '),
  );
  for (const line of [
    'policy accepted FQDNNetworkPolicy shop/a',
    'identity in use v1|n|api.example.com',
    'policy gone FQDNNetworkPolicy shop/b',
    'identity gone v1|n|other.example',
    'agent enforces the change',
    'stopped',
  ]) {
    assert.ok(lines.includes(line), `${line}\nin\n${lines.join('\n')}`);
  }
  assert.equal(lines.filter((line) => line === 'policy accepted FQDNNetworkPolicy shop/a').length, 1, 'logged once');
});

test('an operator that is restarted sends nothing that is held', async (t) => {
  const folder = await temporaryFolder(t);
  const listen = `unix:${join(await temporaryFolder(t), 'operator.sock')}`;
  await put(folder, 'all.yaml', `${policy('a')}---\n${pod('one', 'u1')}---\n${CONFIG}`);
  const first = await serving(t, folder, listen);
  const agent = following(t, listen);
  await agent.applied(1);
  await first.end();
  await serving(t, folder, listen);
  await put(folder, 'pod.yaml', pod('two', 'u2'));
  await agent.applied(2);
  assert.equal(agent.changes[1]?.upserts.length, 1);
});

test('a second operator does not take the socket', async (t) => {
  const folder = await temporaryFolder(t);
  const listen = `unix:${join(folder, 'operator.sock')}`;
  await serving(t, folder, listen);
  await assert.rejects(
    serving(t, folder, listen),
    (error) => error instanceof ProtocolError && error.code === 'ADDRESS_IN_USE',
  );
});
