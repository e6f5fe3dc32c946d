import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, asking, cname, given, NAME } from './asking.ts';
import { addressOctets, mapped, POD, POD6, udp } from './frames.ts';
import { FLAG, offsetAfter, pointer, QNAME, query, record, response, TYPE, wire } from './messages.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, RESOLVER6, RULESET, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;

describe('an answer to a question of the pod teaches', () => {
  test('its addresses, before it is passed on, unchanged', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2')]), [
      'ANSWER_LEARNED',
      'LEARN_NEW',
      'LEARN_NEW',
    ]);
    assert.deepEqual([world.learned('203.0.113.1'), world.learned('203.0.113.2'), world.learnedCount()], [[1], [1], 2]);
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 2);
  });

  test('AAAA as well as A, over IPv6', () => {
    using world = asking();
    const ends = { source: POD6, destination: RESOLVER6, sourcePort: 5, destinationPort: 53 };
    world.run('pod_out', udp(ends, query(NAME, TYPE.AAAA)));
    const message = response(NAME, TYPE.AAAA, [record(pointer(QNAME), TYPE.AAAA, addressOctets('2001:db8::1'))]);
    const back = { source: RESOLVER6, destination: POD6, sourcePort: 53, destinationPort: 5 };
    world.expect('pod_in', udp(back, message), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
    assert.deepEqual(world.learned('2001:db8::1'), [1]);
  });

  test('whatever case it comes back in', () => {
    using world = asking();
    given(world, response('aPI.eXample.cOM', TYPE.A, [a('203.0.113.1', 'API.EXAMPLE.com')]), [
      'ANSWER_LEARNED',
      'LEARN_NEW',
    ]);
  });

  test('through a CNAME chain, crediting the question, with the least TTL', () => {
    using world = asking();
    const first = cname(pointer(QNAME), wire('cdn.example.net'), { ttl: 40 });
    const at = offsetAfter(NAME) + 12;
    const second = cname(pointer(at), Buffer.concat([Buffer.from('\x04edge'), pointer(at)]), { ttl: 3000 });
    const target = offsetAfter(NAME, [first]) + 12;
    const message = response(NAME, TYPE.A, [first, second, a('203.0.113.1', pointer(target), { ttl: 3000 })]);
    given(world, message, ['ANSWER_LEARNED', 'LEARN_NEW']);
    const entry = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.1') });
    const again = response(NAME, TYPE.A, [a('203.0.113.2', undefined, { ttl: 40 })]);
    given(world, again, ['ANSWER_LEARNED', 'LEARN_NEW']);
    const direct = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.2') });
    assert.ok((direct?.expires[0] ?? 0n) - (entry?.expires[0] ?? 0n) < 1_000_000_000n);
  });

  test('through a chain whose records stand in any order', () => {
    using world = asking();
    const records = [
      a('203.0.113.1', 'edge.example.net'),
      cname('cdn.example.net', wire('edge.example.net')),
      cname(pointer(QNAME), wire('cdn.example.net')),
    ];
    given(world, response(NAME, TYPE.A, records), ['ANSWER_LEARNED', 'LEARN_NEW']);
    assert.deepEqual(world.learned('203.0.113.1'), [1]);
  });

  test('by the CNAME that a DNAME synthesised, not by the DNAME', () => {
    using world = asking();
    const dname = record('example.com', TYPE.DNAME, wire('example.net'));
    const target = wire('api.example.net');
    const good = [dname, cname(pointer(QNAME), target), a('203.0.113.1', 'api.example.net')];
    given(world, response(NAME, TYPE.A, good), ['ANSWER_LEARNED', 'LEARN_NEW']);
    given(world, response(NAME, TYPE.A, [dname, a('203.0.113.2', 'api.example.net')]), ['ANSWER_NO_ADDRESS']);
  });

  test('with uncompressed owners and records of other types between', () => {
    using world = asking();
    const records = [record(NAME, TYPE.TXT, Buffer.from('\x02hi')), a('203.0.113.1', NAME), a('203.0.113.2')];
    given(world, response(NAME, TYPE.A, records), ['ANSWER_LEARNED', 'LEARN_NEW', 'LEARN_NEW']);
  });

  test('again: the same entry, a later expiry, never an earlier one', () => {
    using world = asking();
    const expiry = (): bigint =>
      world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.1') })?.expires[0] ?? 0n;
    given(world, response(NAME, TYPE.A, [a('203.0.113.1', undefined, { ttl: 600 })]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    const first = expiry();
    given(world, response(NAME, TYPE.A, [a('203.0.113.1', undefined, { ttl: 31 })]), [
      'ANSWER_LEARNED',
      'LEARN_REFRESHED',
    ]);
    assert.equal(expiry(), first);
    world.advance(MINUTE);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1', undefined, { ttl: 600 })]), [
      'ANSWER_LEARNED',
      'LEARN_REFRESHED',
    ]);
    assert.ok(expiry() >= first + MINUTE);
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 1);
  });

  test('two names of one address keep an identity each, which is counted once', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    ask(world, query('x.other.example'), 41000);
    const message = response('x.other.example', TYPE.A, [a('203.0.113.1')]);
    const refreshed = ['ANSWER_LEARNED', 'LEARN_REFRESHED'] as const;
    world.expect('pod_in', answer(message, {}, 41000), ACTION.PASS, [...refreshed, 'LEARN_SHARED']);
    assert.deepEqual(world.learned('203.0.113.1'), [1, 2]);
    ask(world, query('x.other.example'), 41000);
    world.expect('pod_in', answer(message, {}, 41000), ACTION.PASS, refreshed);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), refreshed);
  });

  test('control: an address that has changed hands, or that one name has by two selectors, is shared by none', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    const more = [{ select: NAME }, { select: '*.other.example' }, { select: '*.example.com' }];
    world.select(FILTER_NAMES | ISOLATED, more, RULESET + 1);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_REFRESHED']);
    assert.deepEqual(world.learned('203.0.113.1'), [1, 3]);
    world.advance(60n * MINUTE);
    ask(world, query('x.other.example'), 41000);
    const message = response('x.other.example', TYPE.A, [a('203.0.113.1')]);
    world.expect('pod_in', answer(message, {}, 41000), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_REFRESHED']);
  });

  test('TTL 0, 2^31 and more are held between floor and ceiling', () => {
    using world = asking();
    const life = (address: string): number => {
      const entry = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped(address) });
      return Math.round(Number((entry?.expires[0] ?? 0n) - (floor ?? 0n)) / 1e9);
    };
    let floor: bigint | undefined = 0n;
    const ttls = [0, 0x8000_0000, 0x7fff_ffff];
    given(
      world,
      response(
        NAME,
        TYPE.A,
        ttls.map((ttl, i) => a(`203.0.113.${i + 1}`, undefined, { ttl })),
      ),
      ['ANSWER_LEARNED', 'LEARN_NEW', 'LEARN_NEW', 'LEARN_NEW'],
    );
    floor = world.maps.learned.get({ endpoint: ENDPOINT, address: mapped('203.0.113.1') })?.expires[0];
    assert.deepEqual([life('203.0.113.2'), life('203.0.113.3')], [0, 24 * 3600 - 30]);
  });

  test('every complete record of a truncated answer', () => {
    using world = asking();
    const cut = a('203.0.113.9').subarray(0, 7);
    const flags = FLAG.QR | FLAG.TC;
    const message = response(NAME, TYPE.A, [a('203.0.113.1'), cut], { flags, counts: [1, 5, 0, 0] });
    given(world, message, ['ANSWER_LEARNED', 'LEARN_NEW']);
  });

  test('sixty-four addresses at once; sixty-five teach nothing and are counted', () => {
    using world = asking();
    const many = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => a(`203.0.113.${i}`));
    given(world, response(NAME, TYPE.A, many(65)), ['ANSWER_TOO_MANY_ADDRESSES']);
    assert.equal(world.learnedCount(), 0);
    given(world, response(NAME, TYPE.A, many(64)), ['ANSWER_LEARNED', ...Array<ReasonName>(64).fill('LEARN_NEW')]);
  });

  test('the recent answers of a pod that no policy selects', () => {
    using world = new World();
    ask(world, query('Any.example.net'));
    const message = response('any.example.net', TYPE.A, [a('203.0.113.1'), a('203.0.113.2')]);
    world.expect('pod_in', answer(message), ACTION.PASS, ['ANSWER_LEARNED']);
    const kept = world.recent('any.example.net');
    assert.deepEqual([kept?.count, world.learnedCount()], [2, 0]);
    assert.deepEqual(
      kept?.addresses.slice(0, 2).map((x) => x[15]),
      [1, 2],
    );
  });
});

describe('an answer nobody asked for', () => {
  const forged = response(NAME, TYPE.A, [a('203.0.113.66')]);

  test('from an untrusted resolver teaches nothing', () => {
    using world = asking();
    ask(world);
    const frame = udp({ source: '198.51.100.99', destination: POD, sourcePort: 53, destinationPort: 40000 }, forged);
    world.run('pod_in', frame);
    assert.equal(world.learnedCount(), 0);
  });

  test("sent by the pod itself in the resolver's name teaches nothing", () => {
    using world = asking();
    ask(world);
    const frame = udp({ source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 }, forged);
    world.run('pod_out', frame);
    assert.equal(world.learnedCount(), 0);
  });

  test('with a wrong ID or question leaves the query pending for the right one', () => {
    using world = asking();
    ask(world);
    world.expect('pod_in', answer(response(NAME, TYPE.A, [a('203.0.113.66')], { id: 7 })), ACTION.PASS, [
      'ANSWER_UNSOLICITED',
    ]);
    world.expect('pod_in', answer(response('b.example', TYPE.A, [a('203.0.113.66')])), ACTION.PASS, [
      'ANSWER_OTHER_QUESTION',
    ]);
    world.expect('pod_in', answer(response(NAME, TYPE.A, [a('203.0.113.1')])), ACTION.PASS, [
      'ANSWER_LEARNED',
      'LEARN_NEW',
    ]);
    assert.deepEqual([world.learned('203.0.113.66'), world.learned('203.0.113.1')], [[], [1]]);
  });

  test('a replay: n identical queries permit n answers', () => {
    using world = asking();
    ask(world);
    ask(world);
    const outcomes = [1, 2, 3].map(
      (i) => world.run('pod_in', answer(response(NAME, TYPE.A, [a(`203.0.113.${i}`)]))).counted,
    );
    assert.deepEqual(outcomes, [['ANSWER_LEARNED', 'LEARN_NEW'], ['ANSWER_LEARNED', 'LEARN_NEW'], ['ANSWER_REPEATED']]);
  });

  test('after the age limit', () => {
    using world = asking();
    ask(world);
    world.advance(MINUTE);
    world.expect('pod_in', answer(forged), ACTION.PASS, ['ANSWER_LATE']);
  });
});

describe('limits', () => {
  test('over the quota nothing new is learned, what is known is refreshed', () => {
    using world = asking();
    world.configure({ quotaLearned: 1 });
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    given(world, response(NAME, TYPE.A, [a('203.0.113.2')]), ['ANSWER_LEARNED', 'LEARN_QUOTA']);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_REFRESHED']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 1);
  });

  test('a full table refuses the new address and keeps the old ones', () => {
    using world = asking();
    const batch = (from: number): Buffer =>
      response(
        NAME,
        TYPE.A,
        Array.from({ length: 32 }, (_, i) => a(`203.0.113.${from + i}`)),
      );
    given(world, batch(0), ['ANSWER_LEARNED', ...Array<ReasonName>(32).fill('LEARN_NEW')]);
    given(world, batch(32), ['ANSWER_LEARNED', ...Array<ReasonName>(32).fill('LEARN_NEW')]);
    given(world, response(NAME, TYPE.A, [a('203.0.113.200')]), ['ANSWER_LEARNED', 'LEARN_FULL']);
    assert.deepEqual(
      [world.learned('203.0.113.0'), world.learned('203.0.113.200'), world.learnedCount()],
      [[1], [], 64],
    );
    assert.equal(world.maps.usage.get(ENDPOINT)?.learned, 64);
  });
});
