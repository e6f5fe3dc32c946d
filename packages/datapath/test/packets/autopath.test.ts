import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameToWire } from '@namewall/policy';
import type { ReasonName } from '../../src/counters.ts';
import { NwQueryFlag, NwRowFlag, NwPrecedence, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, cname } from './asking.ts';
import { POD, udp } from './frames.ts';
import { FLAG, offsetAfter, pointer, QNAME, query, response, TYPE, wire } from './messages.ts';
import { ACTION, type Allow, ENDPOINT, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;
const SUFFIX = 'shop.svc.cluster.local';
const NAME = 'api.stripe.com';
const LONG = `${NAME}.${SUFFIX}`;
const OWN = pointer(QNAME);
const CLUSTER: Allow = { select: '**.cluster.local', rows: [] };
const API: Allow = { select: NAME };
const DENY: Allow = {
  select: NAME,
  query: NwQueryFlag.DENY,
  rows: [{ precedence: NwPrecedence.NAME_DENY, flags: NwRowFlag.DENY }],
};
const AUTOPATH: readonly ReasonName[] = ['ANSWER_AUTOPATH', 'ANSWER_LEARNED', 'LEARN_NEW'];
const PLAIN: readonly ReasonName[] = ['ANSWER_LEARNED', 'LEARN_NEW'];

/** The names in the cluster's domain have handle 1, the rules that are given from 2 on. */
function searching(...rules: readonly Allow[]): World {
  const world = new World();
  world.select(FILTER_NAMES | ISOLATED, [CLUSTER, ...rules]);
  world.search([SUFFIX, 'svc.cluster.local', 'cluster.local', 'corp.example']);
  return world;
}

const to = (target: string | Buffer, owner: string | Buffer = OWN): Buffer =>
  cname(owner, typeof target === 'string' ? wire(target) : target);
const SHORT = [to(NAME), a('203.0.113.1', NAME)];

function given(world: World, records: readonly Buffer[], counted: readonly ReasonName[], name = LONG, head = {}): void {
  ask(world, query(name));
  world.expect('pod_in', answer(response(name, TYPE.A, records, head)), ACTION.PASS, counted);
}

const connects = (world: World, destination = '203.0.113.1'): readonly ReasonName[] =>
  world.run('pod_out', udp({ source: POD, destination, sourcePort: 5000, destinationPort: 9999 }, Buffer.alloc(1)))
    .counted;

describe('an answer whose chain goes to the question less a search suffix', () => {
  test('counts for the shorter name: what is learned, and what is kept for later policies', () => {
    using world = searching(API);
    given(world, SHORT, AUTOPATH);
    assert.deepEqual(world.learned('203.0.113.1'), [2]);
    const kept = world.recent(NAME);
    assert.deepEqual(Buffer.from(kept?.name.subarray(0, kept.nameLength) ?? []), Buffer.from(nameToWire(NAME)));
    assert.deepEqual([kept?.count, world.recent(LONG)], [1, undefined]);
    assert.deepEqual(connects(world), ['PASS_NAME']);
  });

  test('counts for a name of a pattern too: the resolver was asked for it by way of a suffix that may be asked', () => {
    using world = searching({ select: '*.stripe.com' });
    given(world, SHORT, AUTOPATH);
    assert.deepEqual(world.learned('203.0.113.1'), [2]);
  });

  test('is kept by its shorter name for a pod that no policy selects', () => {
    using world = searching();
    world.unselect();
    given(world, SHORT, ['ANSWER_AUTOPATH', 'ANSWER_LEARNED']);
    assert.deepEqual([world.recent(NAME)?.count, world.recent(LONG), world.learnedCount()], [1, undefined, 0]);
  });

  test('counts under an upstream suffix, where only the name itself may be asked', () => {
    using world = searching(API);
    given(world, SHORT, AUTOPATH, `${NAME}.corp.example`);
    assert.deepEqual(world.learned('203.0.113.1'), [2]);
  });

  for (const [what, records] of [
    ['further along the chain', [to(NAME), to('edge.example.net', NAME), a('203.0.113.1', 'edge.example.net')]],
    ['out of order', [...SHORT].toReversed()],
    ['in another case', [to('API.Stripe.COM'), a('203.0.113.1', 'api.stripe.COM')]],
    ['with a compressed owner', [to(NAME), a('203.0.113.1', pointer(offsetAfter(LONG) + 12))]],
  ] as const) {
    test(what, () => {
      using world = searching(API);
      given(world, records, AUTOPATH);
      assert.deepEqual(world.learned('203.0.113.1'), [2]);
    });
  }

  test('cut short with TC=1', () => {
    using world = searching(API);
    const records = [...SHORT, a('203.0.113.2').subarray(0, 7)];
    given(world, records, AUTOPATH, LONG, { flags: FLAG.QR | FLAG.TC });
    assert.deepEqual(world.learned('203.0.113.1'), [2]);
  });

  test('of one label, and of the most octets', () => {
    const label = 'l'.repeat(63);
    const long = `${label}.${label}.${label}.${'l'.repeat(255 - wire(SUFFIX).length - 3 * 64 - 1)}`;
    assert.equal(wire(`${long}.${SUFFIX}`).length, 255);
    for (const name of ['x', long]) {
      using world = searching({ select: name });
      given(world, [to(name), a('203.0.113.1', name)], AUTOPATH, `${name}.${SUFFIX}`);
      assert.deepEqual([world.learned('203.0.113.1'), world.recent(name)?.count], [[2], 1]);
    }
  });

  test('counts for the question where no rule selects the shorter name', () => {
    using world = searching({ select: `**.${SUFFIX}` });
    given(world, SHORT, AUTOPATH);
    assert.deepEqual(new Set(world.learned('203.0.113.1')), new Set([1, 2]));
  });
});

describe('an answer that goes elsewhere counts for the question alone', () => {
  const other = 'other.stripe.com';
  const table: readonly (readonly [what: string, records: readonly Buffer[], name?: string])[] = [
    ['to another name of a rule', [to(other), a('203.0.113.1', other)]],
    ['there by a second CNAME', [to(other), to(NAME, other), a('203.0.113.1', NAME)]],
    ['to the name less a part of the suffix', [to(LONG.slice(0, -6)), a('203.0.113.1', LONG.slice(0, -6))]],
    ['to the name and a label', [to(`${NAME}.x`), a('203.0.113.1', `${NAME}.x`)]],
    ['to a part of the name', [to('api.stripe'), a('203.0.113.1', 'api.stripe')]],
    ['less a suffix that is not its own', SHORT, `${NAME}.svc.cluster2.local`],
    ['less what begins inside a label', SHORT, `${NAME}.x${SUFFIX}`],
  ];
  for (const [what, records, name = LONG] of table) {
    test(what, () => {
      using world = searching(API, { select: other }, { select: '**.local', rows: [] });
      given(world, records, PLAIN, name);
      assert.deepEqual(
        world.learned('203.0.113.1').filter((handle) => handle === 2 || handle === 3),
        [],
      );
      assert.deepEqual([world.recent(NAME), world.recent(name)?.count], [undefined, 1]);
    });
  }

  test('by an owner off the chain, or with another question', () => {
    using world = searching(API);
    given(world, [to(NAME, other), a('203.0.113.1', NAME)], ['ANSWER_NO_ADDRESS']);
    ask(world, query(LONG));
    const forged = response(`${NAME}.x.${SUFFIX}`, TYPE.A, SHORT);
    world.expect('pod_in', answer(forged), ACTION.PASS, ['ANSWER_OTHER_QUESTION']);
    assert.equal(world.learnedCount(), 0);
  });

  test('with one bad record teaches nothing', () => {
    using world = searching(API);
    given(world, [...SHORT, a('203.0.113.2', NAME, { length: 9 })], ['ANSWER_BAD_RDLENGTH']);
    assert.deepEqual([world.learnedCount(), world.recent(NAME)], [0, undefined]);
  });
});

describe('a denied name reached by autopath', () => {
  const wide: Allow = { select: '*.stripe.com' };
  test('teaches its deny alone, no allow that selects it too', () => {
    using without = searching(wide);
    given(without, SHORT, AUTOPATH);
    assert.deepEqual(connects(without), ['PASS_NAME'], 'control: without the deny it is allowed');
    using world = searching(wide, DENY);
    given(world, SHORT, AUTOPATH);
    assert.deepEqual(world.learned('203.0.113.1'), [3]);
    assert.equal(connects(world)[0], 'DENY_NAME');
    assert.equal(world.maps.usage.get(ENDPOINT)?.flowsOut, 0);
  });
});
