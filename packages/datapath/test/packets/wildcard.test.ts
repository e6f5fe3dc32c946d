import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { type EndpointTotals, type ReasonName, readCounters, readEndpointCounts } from '../../src/counters.ts';
import { NwQueryFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a } from './asking.ts';
import { POD, udp } from './frames.ts';
import { query, response, TYPE, wire } from './messages.ts';
import { ACTION, type Allow, ENDPOINT, RESOLVER, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;
const FILTERED = FILTER_NAMES | ISOLATED;
const NEIGHBOUR = ENDPOINT - 1;
const WILDCARD: Allow = { select: '*.example.com' };
const EXACT: Allow = { select: 'api.example.com' };
/** Four standard errors of 256 registers. */
const FAR = (4 * 1.04) / 16;

const ask = (world: World, name: string, endpoint = ENDPOINT): number =>
  world.give(
    'pod_out',
    udp({ source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 }, query(name)),
    endpoint,
  ).action;
const answer = (world: World, name: string, address: string, endpoint = ENDPOINT): number =>
  world.give(
    'pod_in',
    udp(
      { source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 },
      response(name, TYPE.A, [a(address)]),
    ),
    endpoint,
  ).action;
const connect = (world: World, destination: string, endpoint = ENDPOINT): readonly ReasonName[] =>
  world.run(
    'pod_out',
    udp({ source: POD, destination, sourcePort: 5, destinationPort: 9999 }, Buffer.alloc(1)),
    endpoint,
  ).counted;
const address = (i: number): string => `198.18.${i >> 8}.${i & 255}`;
const secret = (): string => `${randomBytes(20).toString('hex')}.example.com`;

type Seen = Pick<EndpointTotals, 'wildcardQueries' | 'wildcardOctets' | 'wildcardNames'>;
const seen = (world: World, endpoint = ENDPOINT): Seen => {
  const { wildcardQueries, wildcardOctets, wildcardNames } = readEndpointCounts(world.maps, endpoint);
  return { wildcardQueries, wildcardOctets, wildcardNames };
};
const NOTHING: Seen = { wildcardQueries: 0n, wildcardOctets: 0n, wildcardNames: 0n };

describe('names asked under a wildcard', () => {
  test('are counted with their octets, and the different ones apart', () => {
    using world = new World();
    world.select(FILTERED, [WILDCARD]);
    for (const name of ['a.example.com', 'A.Example.com', 'b.example.com']) ask(world, name);
    assert.deepEqual(seen(world), {
      wildcardQueries: 3n,
      wildcardOctets: 3n * BigInt(wire('a.example.com').length),
      wildcardNames: 2n,
    });
  });

  const none: readonly (readonly [what: string, flags: number, rules: readonly Allow[], name: string])[] = [
    ['a name that a rule spells out', FILTERED, [WILDCARD, EXACT], 'api.example.com'],
    ["the cluster's own names", FILTERED, [{ ...WILDCARD, rows: [] }], 'api.example.com'],
    ['a refused name', FILTERED, [WILDCARD], 'api.example.net'],
    ['a denied name', FILTERED, [WILDCARD, { ...EXACT, query: NwQueryFlag.DENY }], 'api.example.com'],
    ['where names are not filtered', ISOLATED, [WILDCARD], 'api.example.com'],
  ];
  for (const [what, flags, rules, name] of none) {
    test(`are not counted: ${what}`, () => {
      using world = new World();
      world.select(flags, rules);
      ask(world, name);
      assert.deepEqual(seen(world), NOTHING);
    });
  }

  for (const count of [100, 1000, 10_000]) {
    test(`are estimated: ${count} random ones, and the neighbour has none`, () => {
      using world = new World();
      world.select(FILTERED, [WILDCARD, EXACT]);
      world.configure({ quotaPending: 16 });
      world.addNeighbour(NEIGHBOUR);
      ask(world, 'api.example.com', NEIGHBOUR);
      for (let i = 0; i < count; i++) {
        const name = secret();
        assert.equal(ask(world, name), ACTION.PASS);
        answer(world, name, address(i));
      }
      const { wildcardQueries, wildcardOctets, wildcardNames } = seen(world);
      assert.deepEqual([wildcardQueries, wildcardOctets], [BigInt(count), BigInt(count * wire(secret()).length)]);
      const off = Math.abs(Number(wildcardNames) / count - 1);
      assert.ok(off <= FAR, `${wildcardNames} of ${count}`);
      assert.deepEqual(seen(world, NEIGHBOUR), NOTHING);
    });
  }
});

/** 10,000 names of one pod, each with an address of its own; after each thousandth the neighbour looks one up. */
function flood(world: World, quotaLearned: number): Map<string, number> {
  world.select(FILTERED, [WILDCARD]);
  world.addNeighbour(NEIGHBOUR);
  world.configure({ quotaPending: 16, quotaLearned });
  const before = readCounters(world.maps);
  for (let i = 0; i < 10_000; i++) {
    const name = secret();
    assert.equal(ask(world, name), ACTION.PASS);
    assert.equal(answer(world, name, address(i)), ACTION.PASS);
    if (i % 1000 !== 999) continue;
    const own = `n${i}.example.com`;
    assert.equal(ask(world, own, NEIGHBOUR), ACTION.PASS);
    answer(world, own, `203.0.113.${Math.floor(i / 1000)}`, NEIGHBOUR);
  }
  return new Map(
    [...readCounters(world.maps)].map(([name, count]) => [name, Number(count - (before.get(name) ?? 0n))]),
  );
}

describe('10,000 random names under an allowed wildcard', () => {
  const neighbours = Array.from({ length: 10 }, (_, i) => `203.0.113.${i}`);

  test("hurt only their own pod: its new addresses are refused and counted, the neighbour's are learned", () => {
    using world = new World();
    const counted = flood(world, 16);
    assert.deepEqual([counted.get('LEARN_NEW'), counted.get('LEARN_QUOTA')], [16 + 10, 10_000 - 16]);
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 16);
    assert.equal(readEndpointCounts(world.maps, ENDPOINT).learned, 16n);
    assert.deepEqual(connect(world, address(0)), ['PASS_NAME']);
    assert.deepEqual(connect(world, address(16)), ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
    for (const own of neighbours) assert.deepEqual(connect(world, own, NEIGHBOUR), ['PASS_NAME']);
    assert.deepEqual([seen(world).wildcardQueries, seen(world, NEIGHBOUR).wildcardQueries], [10_000n, 10n]);
  });

  test('control: without a quota they fill the table, and the neighbour learns nothing', () => {
    using world = new World();
    const counted = flood(world, 0xffff_ffff);
    assert.deepEqual([counted.get('LEARN_NEW'), counted.get('LEARN_FULL')], [64, 10_010 - 64]);
    for (const own of neighbours) assert.equal(connect(world, own, NEIGHBOUR)[0], 'DENY_UNKNOWN');
  });
});
