import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { NwFlowFlag } from '@namewall/datapath';
import { BpfLink, BpfProgram, inNetns } from '@namewall/libbpf';
import { nodeConfig, pod, ruleset } from './lab/policy.ts';
import { World, clearLeftovers, until } from './lab/world.ts';

before(clearLeftovers);

const CLI = resolve(import.meta.dirname, '../../cli/bin/namewallctl.sh');

function ctl(world: World, ...args: string[]): { code: number | null; out: string; err: string } {
  const command = [`--net=${world.host}`, CLI, '--socket', world.socket, '--pin-root', world.root, ...args];
  const { status, stdout, stderr } = spawnSync('nsenter', command, { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('namewallctl asks the agent, then the pins, then removes everything', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  const { id, resource } = ruleset('v1|n|a.example');
  await world.apply(server, [nodeConfig(), resource, pod('u1', netns, id)]);
  {
    using pins = world.pins();
    pins.maps.wildcardNames.set(1, { ranks: new Uint8Array(256).fill(1, 0, 40) });
  }
  const alive = ctl(world, 'endpoints');
  assert.deepEqual([alive.code, alive.err], [0, '']);
  assert.match(alive.out, /^shop +pod-u1 +1 +attached +shop\/allow .* ~43 \(0 B\) .*c-p1:pod-out:(tcx|clsact)/m);
  assert.match(ctl(world, 'status').out, /^operator: +synced for /m);
  assert.match(ctl(world, 'detach', '--all').err, /an agent is running on .*; stop it first/);
  await agent.stop('SIGKILL');
  for (const command of ['status', 'endpoints', 'names']) {
    const { code, err } = ctl(world, command);
    assert.deepEqual([code, err], [0, 'agent not running; read from the pins\n'], command);
  }
  const [endpoint] = ctl(world, 'endpoints', '-o', 'json').out.trim().split('\n');
  const pinned = JSON.parse(endpoint ?? '') as { ruleset: string; counts: { wildcardNames: number } };
  assert.deepEqual([pinned.ruleset, pinned.counts.wildcardNames], [id, 43]);
  assert.equal(world.hooks().length, 2);
  writeFileSync(join(world.stateDir, 'mine'), '');
  const { code, out } = ctl(world, 'detach', '--all', '--state-dir', world.stateDir);
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(world.stateDir), ['mine']);
  assert.match(out, /^removed 2 links/);
  assert.match(ctl(world, 'status').err, /no agent answers at .* and nothing is pinned at .*; start the agent/);
});

test('two hooks one way and none the other are no whole: the pins say so, and the agent sets what is missing', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  const agent = world.start(['--hook', 'clsact']);
  await world.apply(server, [nodeConfig(), pod('u1', netns)]);
  await until('the hooks', () => world.hooks().length === 2);
  await agent.stop();
  const [out, inward] = world.hooks();
  assert.deepEqual([out?.direction, inward?.direction], ['out', 'in']);
  // As of an agent that is killed while it puts links in the place of filters, beside somebody who removes filters.
  const pin = (folder: string): string => join(world.root, folder, `${out?.endpoint}-out`);
  inNetns(world.host, () => {
    using program = BpfProgram.openPinned(pin('filters'));
    using link = BpfLink.attachTcx(program, out?.place.ifindex ?? 0, 'ingress', { head: true });
    mkdirSync(join(world.root, 'links'), { recursive: true });
    link.pin(pin('links'));
    execFileSync('tc', ['filter', 'del', 'dev', 'c-p1', 'egress']);
  });
  const ways = (): string[] => world.hooks().map(({ direction, kind }) => `${direction} ${kind}`);
  assert.deepEqual(ways(), ['out tcx', 'out clsact']);
  assert.match(ctl(world, 'endpoints', '-o', 'json').out, /"reason":"HookMissing"/);
  const next = world.start();
  await next.said('operator in sync');
  await until('the other way', () => ways().includes('in tcx'));
  await next.stop();
  assert.match(ctl(world, 'endpoints', '-o', 'json').out, /"reason":"Attached"/);
});

test('observing turns the reports of what passes on, and off again', async () => {
  await using world = new World();
  await world.start().said('agent ready');
  using pins = world.pins();
  using client = world.client();
  const stop = new AbortController();
  const events = Array.fromAsync(client.observe({}, stop.signal)).catch(() => []);
  await until('the listener to be counted', () => pins.config.listeners === 1);
  stop.abort();
  await events;
  await until('the listener to be gone', () => pins.config.listeners === 0);
});

test('flows that outlive what the rules allow are told by endpoints, status and to the operator', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  const { id, resource } = ruleset('v1|n|a.example');
  await world.apply(server, [nodeConfig(), resource, pod('u1', netns, id)]);
  using pins = world.pins();
  const { endpoint, ruleset: number } = pins.maps.pods.get({ uid: 'u1' }) ?? assert.fail();
  const { selectedAt } = pins.maps.endpoints.get(endpoint & (pins.sizes.endpoints - 1)) ?? assert.fail();
  const flow = (localPort: number, value: { ruleset: number; flags: number; created: bigint }): void =>
    pins.maps.flows.set(
      { endpoint, remote: new Uint8Array(16), local: new Uint8Array(16), remotePort: 443, localPort, protocol: 6 },
      { expires: pins.now() + 3_600_000_000_000n, handle: 0, reason: 0, claimed: 0, kept: 0, ...value },
    );
  for (const port of [1, 2]) flow(port, { ruleset: 0, flags: NwFlowFlag.GRANDFATHERED, created: selectedAt - 1n });
  flow(3, { ruleset: number, flags: NwFlowFlag.UNTIL_CLOSE, created: selectedAt + 1n });
  await until('the sweeper to count them', () => / 2\+1 /.test(ctl(world, 'endpoints').out));
  assert.match(ctl(world, 'status').out, /^outliving flows: +2 older than a selection, 1 left to close by an edit$/m);
  await until('the operator to be told', () => world.reported.get('u1')?.grandfatheredFlows === 2n);
});
