import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type PinnedDatapath, type Pod } from '@namewall/datapath';
import { nameToWire, nameHash, parseAddress } from '@namewall/policy';
import { nodeConfig, pod, ruleset } from './lab/policy.ts';
import { World, clearLeftovers, until } from './lab/world.ts';

before(clearLeftovers);

const A = ruleset('v1|n|a.example', 'v1|p|*.a.example');
const B = ruleset('v1|n|a.example', 'v1|n|b.example');

const podOf = (pins: PinnedDatapath, uid: string): Pod | undefined => pins.maps.pods.get({ uid });
const selectors = (pins: PinnedDatapath): string[] =>
  [...pins.maps.identities.entries()].map(([, { selector }]) => selector).toSorted();
const rulesetOf = (pins: PinnedDatapath, uid: string): number => {
  const number = podOf(pins, uid)?.endpoint ?? 0;
  return pins.maps.endpoints.get(number & (pins.sizes.endpoints - 1))?.ruleset ?? 0;
};
const numberOf = (pins: PinnedDatapath, id: string): number | undefined =>
  pins.maps.rulesetIds.get({ id: Buffer.from(id, 'hex') });

const MINUTE = 60_000_000_000n;

/** Writes what the programs would have recorded of an answer. @returns the name's hash */
function recordAnswer(
  pins: PinnedDatapath,
  endpoint: number,
  name: string,
  addresses: string[],
  life = MINUTE,
): bigint {
  const wire = nameToWire(name);
  const hash = nameHash(wire, Uint32Array.from(pins.maps.hashKey.get(0)?.words ?? []));
  const { endpoints, answersPerEndpoint } = pins.sizes;
  const slot = (endpoint & (endpoints - 1)) * answersPerEndpoint + Number(hash & BigInt(answersPerEndpoint - 1));
  pins.maps.answers.set(slot, {
    sequence: 2,
    endpoint,
    nameHash: hash,
    nameLength: wire.length,
    count: addresses.length,
    cursor: addresses.length,
    written: 0,
    name: wire,
    addresses: addresses.map(parseAddress),
    expires: addresses.map(() => pins.now() + life),
  });
  return hash;
}

test('a fresh agent enforces what it is sent: rows, index, endpoint, hooks', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const number = numberOf(pins, A.id);
  assert.ok(number);
  assert.equal(rulesetOf(pins, 'u1'), number);
  assert.equal([...pins.maps.rules.keys()].length, 2);
  assert.equal([...pins.maps.cidrs.keys()].length, 1);
  assert.equal(pins.indexHeader()?.selectors, 2);
  assert.deepEqual(selectors(pins), ['v1|n|a.example', 'v1|p|*.a.example']);
  assert.deepEqual(
    world
      .hooks()
      .map(({ direction }) => direction)
      .toSorted(),
    ['in', 'out'],
  );
  using client = world.client();
  const [endpoint] = await Array.fromAsync(client.endpoints());
  assert.ok(endpoint);
  assert.equal(endpoint.reason, 'Attached');
  assert.deepEqual(
    endpoint.policies.map(({ name }) => name),
    ['allow'],
  );
});

test('a new endpoint begins with no counts, whoever had its slot before', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  const agent = world.start();
  await agent.said('agent ready');
  using pins = world.pins();
  const counts = { ...pins.endpointCounts(1), refused: 3n, wildcardQueries: 5n };
  const ranks = new Uint8Array(256).fill(9);
  const dirty = (): void => {
    pins.maps.endpointCount.set(1, counts);
    pins.maps.wildcardNames.set(1, { ranks });
  };
  dirty();
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  assert.equal(podOf(pins, 'u1')?.endpoint, 1);
  const { refused, wildcardQueries, wildcardNames } = pins.endpointCounts(1);
  assert.deepEqual([refused, wildcardQueries, wildcardNames], [0n, 0n, 0n]);
  dirty();
  await agent.stop('SIGKILL');
  await world.start().said('agent ready');
  assert.ok(pins.endpointCounts(1).wildcardNames > 0n, 'one that is adopted keeps its counts');
});

test('an edit teaches before it switches, and what is unused goes after', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(['203.0.113.9']), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const endpoint = podOf(pins, 'u1')?.endpoint ?? 0;
  const old = numberOf(pins, A.id);
  recordAnswer(pins, endpoint, 'b.example', ['203.0.113.1', '203.0.113.9']);
  await world.apply(server, [nodeConfig(['203.0.113.9']), B.resource, pod('u1', netns, B.id)]);
  assert.equal(rulesetOf(pins, 'u1'), numberOf(pins, B.id));
  const learned = pins.maps.learned.get({ endpoint, address: parseAddress('203.0.113.1') });
  assert.equal(pins.maps.identities.get(learned?.handles[0] ?? 0)?.selector, 'v1|n|b.example');
  assert.equal(pins.maps.learned.get({ endpoint, address: parseAddress('203.0.113.9') }), undefined);
  assert.equal(pins.maps.usage.get(endpoint & 7)?.learned, 1);
  await until(
    'the old ruleset to go',
    () => numberOf(pins, A.id) === undefined && !selectors(pins).includes('v1|p|*.a.example'),
  );
  assert.ok([...pins.maps.rules.keys()].every((key) => key.ruleset !== old));
  using client = world.client();
  const [name] = await Array.fromAsync(client.names());
  assert.deepEqual([name?.name, name?.selector], ['b.example', 'v1|n|b.example']);
});

test('an edit from a pattern to the name keeps an address that a flow has kept beyond its answer', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const endpoint = podOf(pins, 'u1')?.endpoint ?? 0;
  const addresses = ['203.0.113.5', '203.0.113.6'];
  const hash = recordAnswer(pins, endpoint, 'www.a.example', addresses, -MINUTE);
  const handleOf = (selector: string): number =>
    [...pins.maps.identities.entries()].find(([, identity]) => identity.selector === selector)?.[0] ?? 0;
  const pad = <T>(value: T, zero: T): T[] => [value, ...Array<T>(7).fill(zero)];
  const kept = pins.now() + 10n * MINUTE;
  const learn = (address: string, expires: bigint): void =>
    pins.maps.learned.set(
      { endpoint, address: parseAddress(address) },
      {
        state: 0,
        used: 0n,
        handles: pad(handleOf('v1|p|*.a.example'), 0),
        expires: pad(expires, 0n),
        names: pad(hash, 0n),
      },
    );
  learn('203.0.113.5', kept);
  learn('203.0.113.6', pins.now() - MINUTE / 2n);
  const named = ruleset('v1|n|www.a.example');
  await world.apply(server, [nodeConfig(), named.resource, pod('u1', netns, named.id)]);
  const lives = addresses.map((address) => {
    const entry = pins.maps.learned.get({ endpoint, address: parseAddress(address) });
    return entry?.expires[entry.handles.indexOf(handleOf('v1|n|www.a.example'))];
  });
  assert.deepEqual(lives, [kept, undefined], 'the control: what no flow keeps is over');
});

test('turning a policy on teaches an address whose answer is over while the pod has a flow to it', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), pod('u1', netns)]);
  using pins = world.pins();
  const endpoint = podOf(pins, 'u1')?.endpoint ?? 0;
  const addresses = ['203.0.113.5', '203.0.113.6', '203.0.113.7'];
  recordAnswer(pins, endpoint, 'a.example', addresses, -MINUTE);
  const flow = (remote: string, expires: bigint): void =>
    pins.maps.flows.set(
      {
        endpoint,
        remote: parseAddress(remote),
        local: parseAddress('203.0.113.1'),
        remotePort: 1,
        localPort: 2,
        protocol: 6,
      },
      { expires, created: 0n, ruleset: 0, handle: 0, reason: 0, flags: 0, claimed: 0, kept: 0 },
    );
  flow('203.0.113.5', pins.now() + 60n * MINUTE);
  flow('203.0.113.6', pins.now() - 1n);
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  const lives = addresses.map((address) => {
    const { handles, expires } = pins.maps.learned.get({ endpoint, address: parseAddress(address) }) ?? {};
    return handles?.[0] !== undefined && expires?.[0] !== undefined && expires[0] > pins.now();
  });
  assert.deepEqual(lives, [true, false, false], 'the controls: a flow that has ended, and none');
});

test('an agent that was killed finds everything as it was; its successor changes nothing', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  const first = world.start();
  await first.said('agent ready');
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const held = {
    pod: podOf(pins, 'u1'),
    hooks: world.hooks(),
    number: numberOf(pins, A.id),
    version: pins.config.namesVersion,
  };
  await first.stop('SIGKILL');
  await world.stopOperator();
  assert.deepEqual(world.hooks(), held.hooks);
  const second = world.start();
  await second.said('snapshot applied');
  await second.said('agent ready');
  const after = {
    pod: podOf(pins, 'u1'),
    hooks: world.hooks(),
    number: numberOf(pins, A.id),
    version: pins.config.namesVersion,
  };
  assert.deepEqual(after, held);
});

test('a change that does not fit is refused with its reason; what was enforced stays', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const held = { ruleset: rulesetOf(pins, 'u1'), selectors: selectors(pins), rules: [...pins.maps.rules.keys()] };
  const large = ruleset(...Array.from({ length: 100 }, (_, i) => `v1|n|n${i}.example`));
  server.setNode('n1', [nodeConfig(), large.resource, pod('u1', netns, large.id)]);
  await until('the refusal', () => world.refused.length > 0);
  // The operator does not send it again; what refers to it is refused for that.
  assert.equal(world.refused[0], 'RulesetNotWritten');
  assert.deepEqual(
    { ruleset: rulesetOf(pins, 'u1'), selectors: selectors(pins), rules: [...pins.maps.rules.keys()] },
    held,
  );
});

test('a pod that goes takes its hooks, its slot and everything it learned with it', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  const endpoint = podOf(pins, 'u1')?.endpoint ?? 0;
  recordAnswer(pins, endpoint, 'b.example', ['203.0.113.1']);
  await world.apply(server, [nodeConfig(), B.resource, pod('u1', netns, B.id)]);
  assert.equal([...pins.maps.learned.keys()].length, 1);
  await world.apply(server, [nodeConfig()]);
  assert.equal(podOf(pins, 'u1'), undefined);
  assert.equal(pins.maps.endpoints.get(endpoint & 7)?.number, 0);
  assert.deepEqual([[...pins.maps.learned.keys()], world.hooks()], [[], []]);
});

test('a pod whose namespace is not there yet waits, is attached when it is, and again after its cable was cut', async () => {
  await using world = new World();
  const server = await world.operator();
  await world.start().said('agent ready');
  const path = `/run/netns/${world.id}-late`;
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', path, A.id)]);
  using client = world.client();
  const reason = async (): Promise<string | undefined> => (await Array.fromAsync(client.endpoints()))[0]?.reason;
  assert.equal(await reason(), 'NoNetns');
  world.addPod('late');
  await until('the hooks', () => world.hooks().length === 2);
  assert.equal(
    await until('the state', async () => ((await reason()) === 'Attached' ? 'Attached' : undefined)),
    'Attached',
  );
  world.removePod('late');
  await until('the hooks to go', () => world.hooks().length === 0);
  world.addPod('late');
  await until('the hooks again', () => world.hooks().length === 2);
  using pins = world.pins();
  assert.equal(rulesetOf(pins, 'u1'), numberOf(pins, A.id));
});

test('an unselected pod is attached too', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), pod('u1', netns)]);
  using pins = world.pins();
  assert.equal(rulesetOf(pins, 'u1'), 0);
  assert.equal(world.hooks().length, 2);
});

test('a pod may send from the addresses that it is known to have, from when they are known', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  const own = ['192.0.2.7', '2001:db8::7'].map(parseAddress);
  const held = (pins: PinnedDatapath): string[] => {
    const number = podOf(pins, 'u1')?.endpoint ?? 0;
    return (pins.maps.endpoints.get(number & (pins.sizes.endpoints - 1))?.addresses ?? []).map((octets) =>
      Buffer.from(octets).toString('hex'),
    );
  };
  const hex = (addresses: readonly Uint8Array[]): string[] =>
    addresses.map((octets) => Buffer.from(octets).toString('hex'));
  const nothing = [new Uint8Array(16), new Uint8Array(16)];
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id)]);
  using pins = world.pins();
  assert.deepEqual(held(pins), hex(nothing));
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id, own)]);
  assert.deepEqual(held(pins), hex(own));
  await world.apply(server, [nodeConfig(), A.resource, pod('u1', netns, A.id, [...own, parseAddress('192.0.2.8')])]);
  assert.deepEqual(held(pins), hex(nothing), 'more than a pod can have: not checked');
});

test('a question that is open when the ruleset changes teaches what the new one selects', async () => {
  await using world = new World();
  const netns = world.addPod('p1');
  const server = await world.operator();
  await world.start().said('agent ready');
  await world.apply(server, [nodeConfig(), pod('u1', netns)]);
  using pins = world.pins();
  const endpoint = podOf(pins, 'u1')?.endpoint ?? 0;
  const server53 = parseAddress('192.0.2.53');
  const key = { endpoint, server: server53, serverPort: 53, podPort: 4000, id: 7, protocol: 17 };
  const name = nameToWire('b.example');
  const asked = { created: pins.now(), nameHash: 1n, queries: 1, answers: 0, qtype: 1, nameLength: name.length };
  pins.maps.pending.set(key, { ...asked, handles: [], handleCount: 0, labels: 2, name });
  await world.apply(server, [nodeConfig(), B.resource, pod('u1', netns, B.id)]);
  const held = pins.maps.pending.get(key);
  assert.equal(held?.handleCount, 1);
  assert.equal(pins.maps.identities.get(held.handles[0] ?? 0)?.selector, 'v1|n|b.example');
});
