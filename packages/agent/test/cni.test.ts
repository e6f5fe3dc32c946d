/** What the agent leaves for the CNI plugin, and what it makes of what the plugin left. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { NwEndpointFlag, writeSwitchOverride } from '@namewall/datapath';
import { lockFile } from '@namewall/libbpf';
import { encodeNodeConfig, nodeConfigCodec, UnknownPods } from '@namewall/protocol';
import { nodeConfig, pod, ruleset } from './lab/policy.ts';
import { clearLeftovers, until, World } from './lab/world.ts';

before(clearLeftovers);

const PLUGIN = resolve(import.meta.dirname, '../../../build/namewall-cni');
const CTL = resolve(import.meta.dirname, '../../cli/src/main.ts');

/** As a runtime calls it, behind a plugin that has made the interface. */
function add(world: World, uid: string, netns: string, unknownPods = 'Open'): string {
  const prevResult = { cniVersion: '1.0.0', ips: [{ address: '198.51.100.7/24' }] };
  const config = {
    cniVersion: '1.0.0',
    name: 'pods',
    type: 'namewall-cni',
    pinRoot: world.root,
    unknownPods,
    prevResult,
  };
  return execFileSync('nsenter', [`--net=${world.host}`, PLUGIN], {
    input: JSON.stringify(config),
    encoding: 'utf8',
    env: {
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: uid,
      CNI_IFNAME: 'eth0',
      CNI_NETNS: netns,
      CNI_ARGS: `K8S_POD_UID=${uid}`,
    },
  });
}

const bridge = { type: 'bridge', bridge: 'cni0' };

function configuration(file: string): unknown[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { plugins: unknown[] }).plugins;
}

test('the agent installs and chains the plugin, chains it again where somebody takes it out, and detach removes it', async () => {
  await using world = new World();
  const [binDir, confDir] = [mkdtempSync(join(tmpdir(), 'cni-bin-')), mkdtempSync(join(tmpdir(), 'cni-conf-'))];
  try {
    const file = join(confDir, '10-pods.conflist');
    const theirs = JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [bridge] });
    writeFileSync(file, theirs, { mode: 0o640 });
    writeFileSync(join(confDir, '99-loopback.conf'), '{}');
    const server = await world.operator();
    const cni = ['--cni-bin-dir', binDir, '--cni-conf-dir', confDir, '--cni-plugin', PLUGIN];
    const agent = world.start(cni);
    await agent.said('agent ready');
    assert.deepEqual(configuration(file), [bridge], 'nobody has said what becomes of unknown pods');
    await world.apply(server, [nodeConfig()]);
    const ours = { type: 'namewall-cni', pinRoot: world.root, unknownPods: 'Open', hook: 'auto' };
    const chained = () => isDeepStrictEqual(configuration(file), [bridge, ours]);
    await until('the plugin to be chained', chained);
    assert.equal(statSync(file).mode & 0o777, 0o640);
    const installed = join(binDir, 'namewall-cni');
    assert.ok(readFileSync(installed).equals(readFileSync(PLUGIN)));
    assert.equal(statSync(installed).mode & 0o777, 0o755);
    await world.apply(server, [quarantined()]);
    const held = { ...ours, unknownPods: 'Quarantine' };
    assert.ok(isDeepStrictEqual(configuration(file), [bridge, held]), 'before the change counts as applied');
    await world.apply(server, [nodeConfig()]);
    assert.ok(chained());
    // As a network plugin that is upgraded does: in place, and by another file in its place.
    writeFileSync(file, theirs);
    await until('it to be chained again', chained);
    writeFileSync(`${file}.theirs`, theirs);
    renameSync(`${file}.theirs`, file);
    await until('it to be chained once more', chained);
    // One that comes first by name is what runtimes take from then on.
    const first = join(confDir, '05-first.conflist');
    writeFileSync(first, JSON.stringify({ cniVersion: '1.0.0', name: 'first', plugins: [bridge] }));
    await until('the new first one', () => configuration(first).length === 2);
    const ctl = ['detach', '--all', '--pin-root', world.root, '--cni-bin-dir', binDir, '--cni-conf-dir', confDir];
    const untouched = readFileSync(file, 'utf8');
    const refused = spawnSync(process.execPath, [CTL, ...ctl], { encoding: 'utf8' });
    assert.match(refused.stderr, /an agent is running on /u);
    assert.deepEqual(
      [refused.status, readFileSync(file, 'utf8'), readdirSync(binDir)],
      [1, untouched, ['namewall-cni']],
    );
    await agent.stop('SIGTERM');
    assert.ok(chained(), 'it outlives the agent');
    execFileSync(process.execPath, [CTL, 'unchain', '--cni-conf-dir', confDir]);
    assert.deepEqual([configuration(file), configuration(first)], [[bridge], [bridge]]);
    assert.deepEqual(readdirSync(binDir), ['namewall-cni']);
    const again = world.start(cni);
    await until('it to be chained by the next', () => configuration(first).length === 2);
    await again.stop();
    execFileSync(process.execPath, [CTL, ...ctl]);
    assert.deepEqual([configuration(file), configuration(first)], [[bridge], [bridge]]);
    assert.deepEqual(readdirSync(binDir), []);
    assert.deepEqual(readdirSync(confDir).toSorted(), ['05-first.conflist', '10-pods.conflist', '99-loopback.conf']);
  } finally {
    for (const folder of [binDir, confDir]) rmSync(folder, { recursive: true });
  }
});

function quarantined(): ReturnType<typeof nodeConfig> {
  const open = nodeConfig();
  return encodeNodeConfig({
    ...nodeConfigCodec.decode(open.body),
    unknownPods: UnknownPods.UNKNOWN_PODS_QUARANTINE,
  } as Parameters<typeof encodeNodeConfig>[0]);
}

// The control, a pod whose packets come first where no plugin is chained, is packages/cni/test/first-packet.test.ts.
test('a pod that the agent was told of is attached by the plugin with the agent dead, and adopted by the next', async () => {
  await using world = new World();
  const server = await world.operator();
  const agent = world.start();
  const rules = ruleset('v1|n|api.example');
  await world.apply(server, [nodeConfig(), rules.resource, pod('u1', '', rules.id)]);
  await until('the number', () => {
    using pins = world.pins();
    return pins.maps.pods.get({ uid: 'u1' });
  });
  await agent.stop('SIGKILL');
  const netns = world.addPod('a');
  add(world, 'u1', netns);
  using pins = world.pins();
  const attached = pins.maps.pods.get({ uid: 'u1' });
  assert.ok(attached !== undefined && attached.ruleset > 0);
  assert.equal(pins.maps.endpoints.get(attached.endpoint & (pins.sizes.endpoints - 1))?.ruleset, attached.ruleset);
  const standing = world.hooks();
  assert.equal(standing.length, 2);
  const next = world.start();
  await next.said('operator in sync');
  await until('the report', () => world.reported.get('u1')?.reason === 'Attached');
  assert.deepEqual(world.hooks(), standing, 'the plugin’s hooks are the agent’s');
});

test('a pod that the plugin was first to see keeps its number, and gets its ruleset when the operator tells of it', async () => {
  await using world = new World();
  const server = await world.operator();
  const agent = world.start();
  await world.apply(server, [quarantined()]);
  const netns = world.addPod('b');
  // As containerd says it: a link on most nodes, and none in the agent's container.
  add(world, 'u2', netns.replace('/run/', '/var/run/'), 'Quarantine');
  using pins = world.pins();
  const seen = pins.maps.pods.get({ uid: 'u2' });
  assert.equal(seen?.netns, netns);
  assert.equal(seen.flags, NwEndpointFlag.UNKNOWN);
  assert.ok(seen.ruleset > 0, 'quarantined');
  await agent.stop();
  const next = world.start();
  await next.said('operator in sync');
  assert.equal(world.hooks().length, 2, 'a restart does not let it out');
  const rules = ruleset('v1|n|api.example');
  await world.apply(server, [quarantined(), rules.resource, pod('u2', '', rules.id)]);
  const told = await until('its ruleset', () => {
    const now = pins.maps.pods.get({ uid: 'u2' });
    return now?.flags === 0 ? now : undefined;
  });
  assert.equal(told.endpoint, seen.endpoint);
  assert.notEqual(told.ruleset, seen.ruleset);
  assert.equal(world.hooks().length, 2);
});

test('a pod that the plugin could not hook is told, once', async () => {
  await using world = new World();
  const agent = world.start();
  await agent.said('agent ready');
  const netns = world.addPod('c');
  const inPod = (...args: string[]): void => void execFileSync('ip', ['-n', basename(netns), ...args]);
  inPod('link', 'del', 'eth0');
  inPod('link', 'add', 'eth0', 'type', 'bridge');
  add(world, 'u3', netns, 'Open');
  await agent.said('a pod came up without its hooks');
  assert.match(agent.output, /pod=u3 reason="?eth0 in .* is bridge: only pods on a veth cable can be policed/u);
  const notes = (): string[] => readdirSync(join('/sys/fs/bpf', basename(world.root), 'cni'));
  await until('the note to be gone', () => notes().length === 0);
});

test('what a person has switched on the node is said of every pod of it, until it is over', async () => {
  await using world = new World();
  const server = await world.operator();
  const agent = world.start();
  const netns = world.addPod('d');
  await world.apply(server, [nodeConfig(), pod('u4', netns, '')]);
  const becomes = (reason: string) => until(reason, () => world.reported.get('u4')?.reason === reason);
  await becomes('Attached');
  for (const [position, reason] of [
    ['off', 'SwitchedOff'],
    ['audit', 'SwitchedToAudit'],
  ] as const) {
    writeSwitchOverride(world.stateDir, position);
    await becomes(reason);
    assert.match(world.reported.get('u4')?.message ?? '', /; namewallctl node on, there, when it is over$/u);
  }
  writeSwitchOverride(world.stateDir, undefined);
  await becomes('Attached');
  await agent.stop();
});

test('a pod whose interface has the numbers of another’s cable is not hooked there', async () => {
  await using world = new World();
  await world.start().said('agent ready');
  const ip = (netns: string, ...args: string[]): string =>
    execFileSync('ip', ['-n', basename(netns), ...args], { encoding: 'utf8' });
  const numbers = (netns: string, device: string): (number | undefined)[] => {
    const [link] = JSON.parse(ip(netns, '-json', 'link', 'show', device)) as { ifindex: number; link_index: number }[];
    return [link?.ifindex, link?.link_index];
  };
  const victim = world.addPod('v');
  const [index, far] = numbers(victim, 'eth0');
  const [other, beyond] = [world.addPod('w'), world.addPod('x')];
  for (const netns of [other, beyond]) ip(netns, 'link', 'del', 'eth0');
  const peer = ['peer', 'name', 'eth0', 'index', String(far), 'netns', basename(beyond)];
  ip(other, 'link', 'add', 'eth0', 'index', String(index), 'type', 'veth', ...peer);
  assert.deepEqual(numbers(other, 'eth0'), numbers(victim, 'eth0'), 'the control: by number they are the same');
  add(world, 'u6', other);
  assert.deepEqual(world.hooks(), []);
  add(world, 'u7', victim);
  assert.equal(world.hooks().length, 2);
});

test('the plugin and the agent do not undo each other’s writes of a pod', async () => {
  await using world = new World();
  const server = await world.operator();
  await world.start().said('agent ready');
  const [first, second, third] = ['a', 'b', 'c'].map((label) => ruleset(`v1|n|${label}.example`));
  assert.ok(first && second && third);
  await world.apply(server, [nodeConfig(), first.resource, pod('u8', world.addPod('y'), first.id)]);
  await until('it to be attached', () => world.reported.get('u8')?.reason === 'Attached');
  using pins = world.pins();
  const { endpoint: number } = pins.maps.pods.get({ uid: 'u8' }) ?? assert.fail();
  const slot = number & (pins.sizes.endpoints - 1);
  const read = () => pins.maps.endpoints.get(slot) ?? assert.fail();
  const told = (one: typeof first, another: typeof first) => [
    nodeConfig(),
    one.resource,
    another.resource,
    pod('u8', world.pods.map((name) => `/run/netns/${name}`)[0] ?? '', another.id),
  ];
  // As the plugin does when the pod has a new sandbox: it reads, looks for the cable, and writes.
  const old = read();
  await world.apply(server, told(first, second));
  pins.maps.endpoints.set(slot, { ...old, netnsCookie: 77n });
  assert.deepEqual([read().ruleset, read().netnsCookie], [old.ruleset, 77n], 'the control: without the lock');
  const lock = lockFile(join(world.root, 'links'));
  const stale = read();
  const known = pins.maps.rulesetIds.entries();
  const ids = new Set([...known].map(([, value]) => value));
  const applied = world.apply(server, told(second, third));
  await until('the agent to be about to switch', () =>
    [...pins.maps.rulesetIds.entries()].some(([, value]) => !ids.has(value)),
  );
  pins.maps.endpoints.set(slot, { ...stale, netnsCookie: 78n });
  lock.release();
  await applied;
  assert.deepEqual([read().ruleset === stale.ruleset, read().netnsCookie], [false, 78n]);
});
