/** A refusal in words, before and after it happens, with the agent and without it. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { before, test } from 'node:test';
import type { Event } from '@namewall/protocol';
import { nodeConfig, pod, ruleset } from './lab/policy.ts';
import { World, clearLeftovers, until } from './lab/world.ts';

before(clearLeftovers);

const CLI = resolve(import.meta.dirname, '../../cli/bin/namewallctl.sh');
const TARGET = '203.0.113.9';

function explain(world: World, ...args: string[]): { code: number | null; out: string; err: string } {
  const command = [`--net=${world.host}`, CLI, '--socket', world.socket, '--pin-root', world.root, 'explain', ...args];
  const { status, stdout, stderr } = spawnSync('nsenter', command, { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** An address, a default route and a neighbour, so that the pod can send. */
function address(netns: string): void {
  const ip = (...args: string[]) => execFileSync('ip', ['-n', basename(netns), ...args]);
  ip('address', 'add', '198.18.0.10/24', 'dev', 'eth0');
  ip('link', 'set', 'eth0', 'up');
  ip('route', 'add', 'default', 'via', '198.18.0.1');
  ip('neighbour', 'replace', '198.18.0.1', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth0', 'nud', 'permanent');
}

const send = (netns: string, port: number): unknown =>
  spawnSync('nsenter', [`--net=${netns}`, 'bash', '-c', `echo x > /dev/udp/${TARGET}/${port}`]);

async function selected(world: World): Promise<{ netns: string; id: string; stop: () => Promise<unknown> }> {
  const netns = world.addPod('p1');
  execFileSync('ip', ['-n', basename(world.host), 'link', 'set', 'c-p1', 'up']);
  address(netns);
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  const { id, resource } = ruleset('v1|n|api.example');
  await world.apply(server, [nodeConfig(), resource, pod('u1', netns, id)]);
  return { netns, id, stop: () => agent.stop('SIGKILL') };
}

test('explain says before what the event says after', async () => {
  await using world = new World();
  const { netns } = await selected(world);
  const { code, out, err } = explain(world, 'shop/pod-u1', `${TARGET}:443`, '--protocol', 'UDP', '-o', 'json');
  assert.deepEqual([code, err], [1, '']);
  const told = JSON.parse(out) as { reason: string; why: string; policies: { name: string }[] };
  using client = world.client();
  const stop = new AbortController();
  const events: Event[] = [];
  const observing = (async () => {
    for await (const event of client.observe({ verdicts: [2] }, stop.signal)) events.push(event);
  })();
  const event = await until('the refusal', () => {
    send(netns, 443);
    return events.find(({ remotePort }) => remotePort === 443);
  });
  stop.abort();
  await observing;
  assert.deepEqual([event.reason, event.why], [told.reason, told.why]);
  assert.equal(event.why, `${TARGET} was never learned by this pod, and no CIDR rule allows it`);
  assert.deepEqual(event.policies, told.policies);
  assert.match(event.fix, /add to policy shop\/allow, under egress:\n- to: \[\{cidr: 203\.0\.113\.9\/32\}\]/);
});

test('names, addresses, numbers; exit codes; the agent alive', async () => {
  await using world = new World();
  await selected(world);
  const name = explain(world, 'shop/pod-u1', 'api.example:443');
  assert.equal(name.code, 0, name.err);
  assert.match(
    name.out,
    /^allowed: api\.example from shop\/pod-u1 \(QUERY_ALLOWED\)\nwhy: +policy shop\/allow selects it\n/,
  );
  assert.match(name.out, /^api\.example +[0-9a-f]{8} +allows TCP\/443 +shop\/allow$/m);
  const other = explain(world, 'u1', 'other.example');
  assert.equal(other.code, 1);
  assert.match(other.out, /^denied: +other\.example from .*\(QUERY_NO_RULE, answered REFUSED\)$/m);
  assert.match(other.out, /^ {9}- to: \[\{fqdn: \{matchName: other\.example\}\}\]$/m);
  const allowed = explain(world, '1', '198.51.100.7:22');
  assert.deepEqual([allowed.code, /^> CIDR rules/m.test(allowed.out)], [0, true]);
  assert.match(allowed.out, /^rule: +198\.51\.100\.0\/24 on any port$/m);
  const unknown = explain(world, 'shop/pod', 'other.example');
  assert.deepEqual([unknown.code, /did you mean shop\/pod-u1/.test(unknown.err)], [2, true]);
  assert.equal(explain(world, 'shop/pod-u1', '203.0.113.9:0').code, 2);
});

test('with the agent dead the pins tell the same, but for the names of policies', async () => {
  await using world = new World();
  const { id, stop } = await selected(world);
  const alive = explain(world, 'shop/pod-u1', 'other.example', '-o', 'json');
  await stop();
  const dead = explain(world, 'shop/pod-u1', 'other.example', '-o', 'json');
  assert.deepEqual([dead.code, dead.err], [1, 'agent not running; read from the pins\n']);
  const [before_, after] = [alive, dead].map(({ out }) => JSON.parse(out) as Record<string, unknown>);
  assert.deepEqual(
    [after?.['reason'], after?.['verdict'], after?.['rcode'], after?.['ruleset']],
    [before_?.['reason'], before_?.['verdict'], before_?.['rcode'], id],
  );
  const shown = explain(world, 'shop/pod-u1', `${TARGET}:443`).out;
  assert.match(
    shown,
    new RegExp(`^pod: +ruleset ${id.slice(0, 8)}; the pins do not name policies: start the agent`, 'm'),
  );
  assert.match(
    explain(world, 'shop/pod-u1', '198.51.100.7:22').out,
    /^why: +a rule allows 198\.51\.100\.0\/24 on any port$/m,
  );
});
