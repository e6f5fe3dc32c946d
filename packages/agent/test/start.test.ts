import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { NwLayout } from '@namewall/datapath';
import { privilegedOf } from '@namewall/privileged/testing';
import { snapshotPath } from '../src/snapshot/file.ts';
import { World, clearLeftovers, until } from './lab/world.ts';

before(clearLeftovers);

async function refusal(world: World, more: string[] = [], command: string[] = []): Promise<string> {
  const agent = world.start(more, command);
  assert.notEqual(await agent.exited, 0, agent.output);
  assert.match(agent.output, /^namewall-agent: .+\n {2}fix: .+\n$/);
  return agent.output;
}

test('without operator and snapshot it starts, pins, answers, and leaves everything pinned', async () => {
  await using world = new World();
  const agent = world.start();
  await agent.said('agent ready');
  using client = world.client();
  const status = await client.status();
  assert.equal(status.node, 'n1');
  assert.ok(status.maps.length > 0);
  assert.equal(await agent.stop(), 0);
  using pins = world.pins();
  assert.equal(pins.config.layout, NwLayout.LAYOUT);
});

test('a second agent is refused, by state directory and by pin root', async () => {
  await using world = new World();
  const first = world.start();
  await first.said('agent ready');
  assert.match(await refusal(world), /another agent uses .*state/);
  assert.match(await refusal(world, ['--state-dir', join(world.dir, 'other')]), /another agent uses \/sys\/fs\/bpf/);
  assert.equal(first.child.exitCode, null);
});

test('who is not root is told so', async () => {
  await using world = new World();
  const output = await refusal(world, [], ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']);
  assert.match(output, /runs as uid 65534, it needs root/);
});

for (const capability of ['bpf', 'net_admin', 'perfmon', 'sys_admin']) {
  test(`a missing CAP_${capability.toUpperCase()} is named with what it is for`, async () => {
    await using world = new World();
    const output = await refusal(world, [], ['setpriv', '--bounding-set', `-${capability}`]);
    assert.match(output, new RegExp(`missing capabilities: CAP_${capability.toUpperCase()} \\(to .+\\)\n`));
  });
}

test('a bpf file system that is not mounted is mounted', async () => {
  await using world = new World();
  const agent = world.start([], ['unshare', '--mount', 'sh', '-c', 'umount -l /sys/fs/bpf; exec "$@"', 'sh']);
  await agent.said('bpf file system mounted');
  await agent.said('agent ready');
  assert.equal(await agent.stop(), 0);
});

test('where it must be there, a bpf file system that is not mounted is asked for, and none is mounted', async () => {
  await using world = new World();
  const unmounted = ['unshare', '--mount', 'sh', '-c', 'umount -l /sys/fs/bpf; exec "$@"', 'sh'];
  assert.match(
    await refusal(world, ['--need-bpffs'], unmounted),
    /no bpf file system is mounted .*would end with this container\n {2}fix: on the node, .*mount -t bpf/,
  );
  // The control: where one is, it starts.
  await world.start(['--need-bpffs']).said('agent ready');
});

test('a pin root outside of a bpf file system is refused', async () => {
  await using world = new World();
  assert.match(await refusal(world, ['--pin-root', join(world.dir, 'pins')]), /is not in a bpf file system/);
});

test('a missing object says how to build it', async () => {
  await using world = new World();
  assert.match(
    await refusal(world, ['--object', '/nonexistent.o']),
    /\/nonexistent\.o is not there\n {2}fix: run make build/,
  );
});

test('pins of other sizes are adopted as they are, and what was asked for is warned about', async () => {
  await using world = new World();
  const first = world.start();
  await first.said('agent ready');
  await first.stop();
  const second = world.start(['--size', 'endpoints=16']);
  await second.said('adopted=true');
  assert.match(second.output, /size not as asked: the pins keep theirs size=endpoints asked=16 pinned=8/);
  using pins = world.pins();
  assert.equal(pins.sizes.endpoints, 8);
});

test('it ends, and says why, when the process that keeps CAP_SYS_ADMIN for it has ended', async () => {
  await using world = new World();
  const agent = world.start();
  await agent.said('agent ready');
  process.kill(privilegedOf(agent.child.pid ?? 0), 'SIGKILL');
  assert.equal(await agent.exited, 1);
  assert.match(
    agent.output,
    /enters network namespaces has ended; what is enforced stays\n {2}fix: start the agent again/,
  );
  using pins = world.pins();
  assert.equal(pins.config.layout, NwLayout.LAYOUT);
});

test('a corrupt snapshot is named and ignored', async () => {
  await using world = new World();
  mkdirSync(world.stateDir, { recursive: true });
  writeFileSync(snapshotPath(world.stateDir), 'garbage');
  const agent = world.start();
  await agent.said('snapshot ignored: it is corrupt');
  assert.match(agent.output, /snapshot\.nw/);
  await until('the agent to answer', async () => {
    using client = world.client();
    return (await client.status()).node === 'n1';
  });
});

test('pins of another layout are refused and left as they are', async () => {
  await using world = new World();
  const first = world.start();
  await first.said('agent ready');
  await first.stop();
  using pins = world.pins();
  pins.maps.config.set(0, { ...pins.config, layout: 99 });
  assert.match(
    await refusal(world),
    /layout.*\n {2}fix: run the version that wrote the pins, or namewallctl detach --all/,
  );
  assert.equal(pins.maps.config.get(0)?.layout, 99);
});
