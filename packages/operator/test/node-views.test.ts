import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type ApplyResult,
  EndpointPhase,
  PolicyClient,
  PolicyServer,
  ResourceType,
  encodeEndpoint,
  encodeRuleset,
} from '@namewall/protocol';
import { replicas } from '../../protocol/src/grpc/services.ts';
import { LocalNodeViews } from '../src/nodes/local-node-views.ts';
import { reportOf } from '../src/nodes/report.ts';
import { temporaryFolder } from './support/folder.ts';

const durations = { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n };
const RULESET = { flags: 0, names: [], cidrs: [], durations, policies: [] };

function endpoint(uid: string, ruleset: string) {
  const pod = { namespace: 'shop', name: uid, search: [], addresses: [], netns: '', dnsPolicy: 'ClusterFirst' };
  return encodeEndpoint({ uid, ruleset, ...pod });
}

async function serving(t: TestContext) {
  const views = new LocalNodeViews();
  const address = `unix:${join(await temporaryFolder(t), 's.sock')}`;
  const server = new PolicyServer({ operatorVersion: '1', ...views.feed });
  await server.listen(address);
  t.after(() => server.close());
  const until = async (holds: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = views.onChange(() => holds() && resolve());
    if (holds()) resolve();
    await promise;
    end();
  };
  return { views, server, address, until };
}

function agent(t: TestContext, address: string, answer: () => ApplyResult) {
  const stop = new AbortController();
  const client = new PolicyClient({
    address,
    node: 'n',
    agentVersion: '0.9',
    held: [],
    apply: () => Promise.resolve(answer()),
  });
  const running = client.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  t.after(end);
  return { client, end };
}

test('a view follows what the agent acknowledges, reports and refuses, and outlives its stream', async (t) => {
  const { views, server, address, until } = await serving(t);
  let answer: ApplyResult = { ok: true };
  const { client, end } = agent(t, address, () => answer);
  const applied = () => Object.fromEntries(views.get('n')?.applied ?? []);

  server.setNode('n', [encodeRuleset('r1', RULESET), endpoint('a', 'r1'), endpoint('b', '')]);
  await until(() => views.get('n')?.applied.size === 2);
  assert.deepEqual(applied(), { a: 'r1', b: '' });
  assert.equal(views.get('n')?.agentVersion, '0.9');

  const other = { ...RULESET, flags: 1 };
  const refused = { type: ResourceType.RESOURCE_TYPE_RULESET, name: 'r2', reason: 'TooMany', message: 'too many' };
  answer = { ok: false, errors: [refused] };
  server.setNode('n', [encodeRuleset('r1', RULESET), encodeRuleset('r2', other), endpoint('a', 'r2')]);
  await until(() => views.get('n')?.rejected.length === 1);
  assert.deepEqual(views.get('n')?.rejected, [refused]);
  assert.equal(applied()['a'], 'r1', 'what is refused is not applied');

  answer = { ok: true };
  server.setNode('n', [encodeRuleset('r1', RULESET), endpoint('a', 'r1')]);
  await until(() => views.get('n')?.rejected.length === 0 && views.get('n')?.applied.size === 1);
  client.reportEndpoints([{ uid: 'a', phase: EndpointPhase.ENDPOINT_PHASE_DEGRADED, reason: 'HookShadowed' }]);
  await until(() => views.get('n')?.endpoints.get('a')?.reason === 'HookShadowed');

  await end();
  await until(() => views.get('n')?.connected === false);
  assert.deepEqual(applied(), { a: 'r1' });
  views.forget('n');
  assert.deepEqual([...views.all()], []);
});

test('an agent that comes with what it holds counts at once', async (t) => {
  const { views, server, address, until } = await serving(t);
  const held = [encodeRuleset('r1', RULESET), endpoint('a', 'r1'), endpoint('old', 'r0')];
  server.setNode('n', held.slice(0, 2));
  const stop = new AbortController();
  const never = Promise.withResolvers<ApplyResult>();
  const client = new PolicyClient({ address, node: 'n', agentVersion: '1', held, apply: () => never.promise });
  const running = client.run(stop.signal);
  await until(() => views.get('n')?.applied.get('a') === 'r1');
  assert.equal(views.get('n')?.applied.has('old'), false, 'its ruleset is not known here');
  stop.abort();
  never.resolve({ ok: true });
  await running;
});

test('of what a hostile agent says only so much is kept that its report fits into a message', () => {
  const views = new LocalNodeViews();
  const long = 'x'.repeat(5000);
  const hook = { interface: long, direction: long, attachment: long };
  const state = {
    phase: 3 as const,
    reason: long,
    message: long,
    hooks: Array.from({ length: 100 }, () => hook),
    grandfatheredFlows: 0n,
  };
  const states = Array.from({ length: 3000 }, (_, i) => ({ ...state, uid: `${i}` }));
  views.feed.onEndpointStates('n', [...states, { ...state, uid: long }]);
  const problem = { type: 2, name: long, reason: long, message: long };
  views.feed.onRejected(
    'n',
    Array.from({ length: 1000 }, () => problem),
  );
  const view = views.get('n');
  assert.ok(view);
  assert.equal(view.endpoints.size, 1024);
  const octets = replicas.Report.requestSerialize({ nodes: [reportOf(view)] }).length;
  assert.ok(octets < 2 * 1024 * 1024, `${octets} octets`);
});

test('a node that is no more is forgotten, and whoever listens is told', async (t) => {
  const { views, server, address, until } = await serving(t);
  server.setNode('n', [encodeRuleset('r', RULESET), endpoint('pod', 'r')]);
  const one = agent(t, address, () => ({ ok: true }));
  await until(() => views.get('n')?.applied.get('pod') === 'r');
  await one.end();
  await until(() => views.get('n')?.connected === false);
  const told: string[] = [];
  views.onChange((node) => told.push(node));
  server.removeNode('n');
  views.forget('n');
  assert.deepEqual([views.get('n'), [...views.all()], told], [undefined, [], ['n']]);
});
