/** Pods without a CNI plugin that tells where they are, and that give themselves addresses which are not theirs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { before, test } from 'node:test';
import { parseAddress } from '@namewall/policy/names';
import { nodeConfig, pod } from './lab/policy.ts';
import { World, clearLeftovers, until } from './lab/world.ts';

before(clearLeftovers);

function addPod(world: World, name: string, ...addresses: string[]): string {
  const netns = world.addPod(name);
  for (const address of addresses) {
    execFileSync('ip', ['-n', basename(netns), 'address', 'add', `${address}/32`, 'dev', 'eth0']);
  }
  return netns;
}

const told = (uid: string, address: string) => pod(uid, '', '', [parseAddress(address)]);

test('a pod that takes another’s address gets its own policy, and so does that one', async () => {
  await using world = new World();
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  const hostile = addPod(world, 'a', '192.0.2.2', '192.0.2.1');
  const victim = addPod(world, 'b', '192.0.2.2');
  await world.apply(server, [nodeConfig(), told('victim', '192.0.2.2'), told('hostile', '192.0.2.1')]);
  const attached = (uid: string) => until(uid, () => world.reported.get(uid)?.reason === 'Attached');
  await Promise.all([attached('hostile'), attached('victim')]);
  using pins = world.pins();
  const places = ['hostile', 'victim'].map((uid) => pins.maps.pods.get({ uid })?.netns);
  assert.deepEqual(places, [hostile, victim]);
  assert.equal(new Set(world.hooks().map(({ place }) => place.ifindex)).size, 2);
});

test('of pods that take each other’s none is left open', async () => {
  await using world = new World();
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  const both = ['192.0.2.3', '192.0.2.4'];
  const places = ['c', 'd'].map((name) => addPod(world, name, ...both));
  await world.apply(server, [nodeConfig(), ...both.map((address, i) => told(`u${i}`, address))]);
  for (const uid of ['u0', 'u1']) await until(uid, () => world.reported.get(uid)?.reason === 'Attached');
  using pins = world.pins();
  const taken = ['u0', 'u1'].map((uid) => pins.maps.pods.get({ uid })?.netns ?? '');
  assert.deepEqual(taken.toSorted(), places.toSorted());
  assert.equal(world.hooks().length, 4);
});

test('a pod in a new sandbox is hooked there, whoever has the number of its former cable', async () => {
  await using world = new World();
  const server = await world.operator();
  await world.start().said('agent ready');
  const former = world.addPod('e');
  await world.apply(server, [nodeConfig(), pod('again', former, '')]);
  await until('its first sandbox', () => world.reported.get('again')?.reason === 'Attached');
  const number = world.hooks()[0]?.place.ifindex ?? assert.fail();
  world.removePod('e');
  await until('its cable to go', () => world.hooks().length === 0);
  const host = basename(world.host);
  const [other, next] = [world.addPod('f'), world.addPod('g')];
  const numbered = ['index', String(number), 'type', 'veth', 'peer', 'name', 'eth1', 'netns', basename(other)];
  execFileSync('ip', ['-n', host, 'link', 'add', 'taken', ...numbered]);
  await world.apply(server, [nodeConfig(), pod('again', next, '')]);
  await until('its second sandbox', () => world.hooks().length === 2);
  const found = JSON.parse(execFileSync('ip', ['-n', host, '-json', 'link', 'show', 'c-g'], { encoding: 'utf8' })) as {
    ifindex: number;
  }[];
  assert.deepEqual(new Set(world.hooks().map(({ place }) => place.ifindex)), new Set([found[0]?.ifindex]));
});
