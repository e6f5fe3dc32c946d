import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, asking, cname, given, NAME } from './asking.ts';
import { addressOctets, mapped } from './frames.ts';
import { FLAG, pointer, QNAME, query, record, response, TYPE, wire } from './messages.ts';
import { ACTION, ENDPOINT, MINUTE, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;

const SECOND = 1_000_000_000n;
const GRACE = 60n;
/** The datapath's clock is coarse: it stands still for as long, then jumps. */
const TICK = 10_000_000n;
const OWN = pointer(QNAME);
const aaaa = (address: string, owner: string | Buffer = OWN, options = {}): Buffer =>
  record(owner, TYPE.AAAA, addressOctets(address), options);
const to = (target: string, owner: string | Buffer = OWN, ttl = 3000): Buffer => cname(owner, wire(target), { ttl });

/** Address to its expiry less grace, in hex as the maps hold it. */
function taught(world: World): Map<string, bigint> {
  return new Map(
    [...world.maps.learned.entries()].map(([{ address }, { expires }]) => [
      Buffer.from(address).toString('hex'),
      (expires[0] ?? 0n) - GRACE * SECOND,
    ]),
  );
}

interface Row {
  readonly what: string;
  readonly type?: number;
  readonly records: readonly Buffer[];
  readonly flags?: number;
  /** Address to TTL in seconds, after floor (30 s) and ceiling (24 h). */
  readonly taught: Readonly<Record<string, number>>;
  readonly reason?: ReasonName;
}

const TABLE: readonly Row[] = [
  { what: 'no record', records: [], taught: {} },
  { what: 'an address', records: [a('203.0.113.1', OWN, { ttl: 300 })], taught: { '203.0.113.1': 300 } },
  {
    what: 'addresses with a TTL each',
    records: [a('203.0.113.1', OWN, { ttl: 300 }), a('203.0.113.2', OWN, { ttl: 100 })],
    taught: { '203.0.113.1': 300, '203.0.113.2': 100 },
  },
  {
    what: 'one address twice: the later expiry',
    records: [a('203.0.113.1', OWN, { ttl: 100 }), a('203.0.113.1', OWN, { ttl: 300 })],
    taught: { '203.0.113.1': 300 },
  },
  {
    what: 'AAAA, at the TTL of the CNAME where that is less',
    type: TYPE.AAAA,
    records: [to('b.example', OWN, 90), aaaa('2001:db8::1', 'b.example', { ttl: 500 })],
    taught: { '2001:db8::1': 90 },
  },
  {
    what: 'AAAA, at its own TTL where that is less',
    type: TYPE.AAAA,
    records: [to('b.example', OWN, 500), aaaa('2001:db8::1', 'b.example', { ttl: 90 })],
    taught: { '2001:db8::1': 90 },
  },
  {
    what: 'one CNAME',
    records: [to('b.example'), a('203.0.113.1', 'b.example', { ttl: 120 })],
    taught: { '203.0.113.1': 120 },
  },
  {
    what: 'three CNAMEs, at the least of four TTLs',
    records: [
      to('b.example', OWN, 400),
      to('c.example', 'b.example', 70),
      to('d.example', 'c.example', 500),
      a('203.0.113.1', 'd.example', { ttl: 600 }),
    ],
    taught: { '203.0.113.1': 70 },
  },
  {
    what: 'a CNAME and no address',
    records: [to('b.example')],
    taught: {},
  },
  {
    what: 'an address of the name that the chain has left',
    records: [to('b.example'), a('203.0.113.1', NAME), a('203.0.113.2', 'b.example', { ttl: 120 })],
    taught: { '203.0.113.2': 120 },
  },
  {
    what: 'an address of another owner',
    records: [a('203.0.113.1', 'other.example.com'), a('203.0.113.2', OWN, { ttl: 120 })],
    taught: { '203.0.113.2': 120 },
  },
  {
    what: 'an address of a subdomain, and of the parent',
    records: [a('203.0.113.1', `x.${NAME}`), a('203.0.113.2', 'example.com')],
    taught: {},
  },
  { what: 'TTL 0: the floor', records: [a('203.0.113.1', OWN, { ttl: 0 })], taught: { '203.0.113.1': 30 } },
  { what: 'TTL 1: the floor', records: [a('203.0.113.1', OWN, { ttl: 1 })], taught: { '203.0.113.1': 30 } },
  {
    what: 'a CNAME of TTL 0: the floor',
    records: [to('b.example', OWN, 0), a('203.0.113.1', 'b.example', { ttl: 600 })],
    taught: { '203.0.113.1': 30 },
  },
  {
    what: 'a week: the ceiling',
    records: [a('203.0.113.1', OWN, { ttl: 604_800 })],
    taught: { '203.0.113.1': 86_400 },
  },
  ...Object.entries({ FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, YXDOMAIN: 6 }).map(
    ([what, rcode]): Row => ({
      what: `${what} with an address`,
      records: [a('203.0.113.1')],
      flags: FLAG.QR | FLAG.RD | FLAG.RA | rcode,
      taught: {},
      reason: 'ANSWER_RCODE',
    }),
  ),
];

describe('what an answer teaches:', () => {
  for (const { what, type = TYPE.A, records, flags, taught: wanted, reason } of TABLE) {
    test(what, () => {
      using world = asking();
      ask(world, query(NAME, type));
      const head = flags === undefined ? {} : { flags };
      // The datapath's clock: the answer came between the question and now.
      const [asked] = [...world.maps.pending.entries()].map(([, { created }]) => created);
      const { counted } = world.run('pod_in', answer(response(NAME, type, records, head)));
      const now = process.hrtime.bigint();
      const found = taught(world);
      const expected = Object.entries(wanted).map(([address, ttl]) => [hexOf(address), ttl] as const);
      assert.deepEqual(new Set(found.keys()), new Set(expected.map(([address]) => address)));
      for (const [address, ttl] of expected) {
        const came = (found.get(address) ?? 0n) - BigInt(ttl) * SECOND;
        assert.ok(asked !== undefined && came >= asked && came <= now, `${address} does not live ${ttl} s`);
      }
      const outcome = expected.length > 0 ? 'ANSWER_LEARNED' : 'ANSWER_NO_ADDRESS';
      assert.ok(counted.includes(reason ?? outcome), counted.join());
    });
  }

  test('a question whose answer was an error may be asked and answered again', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [], { flags: FLAG.QR | 2 }), ['ANSWER_RCODE']);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
  });
});

describe('an address of two names', () => {
  const other = 'x.other.example';
  const third = 'y.other.example';
  function shared(ttl: number): World {
    const world = new World();
    world.select(FILTER_NAMES | ISOLATED, [{ select: NAME }, { select: other }, { select: third }]);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1', OWN, { ttl })]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    ask(world, query(other), 41000);
    world.expect(
      'pod_in',
      answer(response(other, TYPE.A, [a('203.0.113.1', OWN, { ttl: 600 })]), {}, 41000),
      ACTION.PASS,
      ['ANSWER_LEARNED', 'LEARN_REFRESHED', 'LEARN_SHARED'],
    );
    return world;
  }

  test('stands for both, each until its own expiry', () => {
    const began = process.hrtime.bigint();
    using world = shared(30);
    const entry = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.1') });
    const [first = 0n, second = 0n] = entry?.expires ?? [];
    assert.deepEqual(entry?.handles.slice(0, 3), [1, 2, 0]);
    const between = second - first - 570n * SECOND;
    assert.ok(
      between >= 0n && between <= process.hrtime.bigint() - began + TICK,
      `${between} ns between the two answers`,
    );
  });

  test('gives the place of the one that has expired to the next name', () => {
    using world = shared(30);
    world.advance(2n * MINUTE);
    ask(world, query(third), 42000);
    const again = response(third, TYPE.A, [a('203.0.113.1')]);
    world.expect('pod_in', answer(again, {}, 42000), ACTION.PASS, [
      'ANSWER_LEARNED',
      'LEARN_REFRESHED',
      'LEARN_SHARED',
    ]);
    assert.deepEqual(world.learned('203.0.113.1'), [3, 2]);
  });
});

describe('the addresses of one name', () => {
  const many = (from: number, count: number): Buffer =>
    response(
      NAME,
      TYPE.A,
      Array.from({ length: count }, (_, i) => a(`203.0.113.${from + i}`)),
    );
  const give = (world: World, message: Buffer): void => {
    ask(world);
    world.give('pod_in', answer(message));
  };
  const kept = (world: World): number[] =>
    (world.recent(NAME)?.addresses ?? []).slice(0, world.recent(NAME)?.count).map((address) => address[15] ?? 0);

  test('are all learned, and its latest sixteen kept for later policies', () => {
    using world = asking();
    give(world, many(1, 10));
    assert.deepEqual(kept(world).length, 10);
    give(world, many(11, 10));
    assert.equal(world.learnedCount(), 20);
    assert.deepEqual(new Set(kept(world)), new Set([...Array(16).keys()].map((i) => i + 5)));
  });

  test('are learned up to the quota of the pod, whatever the name', () => {
    using world = asking();
    world.configure({ quotaLearned: 8 });
    give(world, many(1, 6));
    give(world, many(7, 6));
    assert.equal(world.learnedCount(), 6, 'room is set aside for a whole message or not at all');
    give(world, many(7, 2));
    assert.equal(world.learnedCount(), 8);
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 8);
  });
});

function hexOf(address: string): string {
  return Buffer.from(mapped(address)).toString('hex');
}
