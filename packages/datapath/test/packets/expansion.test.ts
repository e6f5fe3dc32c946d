import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwQueryFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer } from './asking.ts';
import { mapped, parse, POD, udp } from './frames.ts';
import { query, record, response, TYPE, wire } from './messages.ts';
import { ACTION, type Allow, ENDPOINT, RESOLVER, World } from './world.ts';

const { FILTER_NAMES, ISOLATED, HAS_AUDIT, AUDIT_FILTER_NAMES } = NwRulesetFlag;
const { DENY, AUDIT_ALLOW, AUDIT_DENY } = NwQueryFlag;
const SEARCH = ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'eu.corp.example', 'corp.example'];
const NXDOMAIN = 3;

function searching(rules: readonly Allow[], flags: number = FILTER_NAMES | ISOLATED): World {
  const world = new World();
  world.select(flags, [{ select: '**.cluster.local', rows: [] }, ...rules]);
  world.search(SEARCH);
  return world;
}

function asked(world: World, name: string | Buffer): readonly (ReasonName | number)[] {
  return sent(world, query(name));
}

function sent(world: World, message: Uint8Array): readonly (ReasonName | number)[] {
  const ends = { source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 };
  const { action, frame, counted } = world.run('pod_out', udp(ends, message));
  return action === ACTION.REDIRECT ? [...counted, parse(frame).payload.readUInt16BE(2) & 15] : counted;
}

const REFUSED = ['QUERY_NO_RULE', 'REPLY_REFUSED', NXDOMAIN];
const DENIED = ['QUERY_DENIED', 'REPLY_REFUSED', NXDOMAIN];
const PASSED = ['QUERY_EXPANSION'];
const API: Allow = { select: 'api.stripe.com' };

describe('an expansion of the search list, where names are filtered', () => {
  const table: readonly (readonly [what: string, rules: readonly Allow[], name: string | Buffer, outcome: unknown])[] =
    [
      ["of a rule's name passes", [API], 'api.stripe.com.corp.example', PASSED],
      ['is refused in another case: letters would say something', [API], 'api.stripe.com.corp.examplE', REFUSED],
      ['under the longer of two suffixes', [API], 'api.stripe.com.eu.corp.example', PASSED],
      ['which is a name under the shorter one', [{ select: 'api.eu' }], 'api.eu.corp.example', PASSED],
      ['of a name of one label', [{ select: 'stripe' }], 'stripe.corp.example', PASSED],
      ['with one label more is refused', [API], 'x.api.stripe.com.corp.example', REFUSED],
      ['with a label between is refused', [API], 'api.stripe.com.x.corp.example', REFUSED],
      ['with no name before the suffix is refused', [API], 'corp.example', ['QUERY_NO_RULE', 'REPLY_REFUSED', 5]],
      [
        'by a suffix that is not its own is refused',
        [API],
        'api.stripe.com.other.example',
        ['QUERY_NO_RULE', 'REPLY_REFUSED', 5],
      ],
      [
        'of a name that a pattern selects is refused',
        [{ select: '*.stripe.com' }],
        'api.stripe.com.corp.example',
        REFUSED,
      ],
      ['of any name under a lone star is selected itself', [{ select: '*' }], 'x.corp.example', ['QUERY_ALLOWED']],
      [
        'of any name under a deep pattern is refused',
        [{ select: '**.com' }],
        'secret.stripe.com.corp.example',
        REFUSED,
      ],
      ['of a denied name is refused', [{ ...API, query: DENY }], 'api.stripe.com.corp.example', DENIED],
      [
        'of a name that a pattern denies is refused',
        [{ select: '*.stripe.com', query: DENY }, API],
        'api.stripe.com.corp.example',
        DENIED,
      ],
      [
        'is denied when one of the names that it may stand for is',
        [{ select: 'api.eu' }, { select: 'api', query: DENY }],
        'api.eu.corp.example',
        DENIED,
      ],
      [
        'that a rule selects is that rule’s',
        [API, { select: 'api.stripe.com.corp.example' }],
        'api.stripe.com.corp.example',
        ['QUERY_ALLOWED'],
      ],
      [
        "in the cluster's domain passes as any name there",
        [{ select: '*.stripe.com', query: DENY }],
        'api.stripe.com.svc.cluster.local',
        ['QUERY_ALLOWED'],
      ],
      [
        'whose suffix begins inside a label is none',
        [{ select: 'api' }],
        Buffer.concat([Buffer.from('\x08api\x04corp', 'latin1'), wire('example')]),
        REFUSED,
      ],
    ];
  for (const [what, rules, name, outcome] of table) {
    test(what, () => {
      using world = searching(rules);
      assert.deepEqual(asked(world, name), outcome);
    });
  }

  test('of a name of another ruleset is refused', () => {
    using world = searching([API], FILTER_NAMES);
    world.maps.rules.delete({ ruleset: 3, handle: 2 });
    assert.deepEqual(asked(world, 'api.stripe.com.corp.example'), REFUSED);
  });

  const EXPANSION = 'api.stripe.com.corp.example';
  /** An OPT with one option: its code, and what is in it. */
  const withOption = (code: number, octets: Uint8Array): Buffer => {
    const option = Buffer.concat([Buffer.of(0, code, 0, octets.length), octets]);
    const message = Buffer.concat([query(EXPANSION), record('', TYPE.OPT, option, { rclass: 1232 })]);
    message.writeUInt16BE(1, 10);
    return message;
  };

  test('passes for addresses; another type would say something to the zone of the suffix', () => {
    using world = searching([API]);
    assert.deepEqual(sent(world, query(EXPANSION, TYPE.AAAA)), PASSED);
    for (const type of [TYPE.TXT, TYPE.CNAME, 12, 257, 0xfff1]) {
      assert.deepEqual(sent(world, query(EXPANSION, type)), REFUSED, `type ${type}`);
      assert.deepEqual(sent(world, query('api.stripe.com', type)), ['QUERY_ALLOWED'], 'control: the name itself');
    }
  });

  test('passes with a cookie or no EDNS option; a client subnet would say something there', () => {
    using world = searching([API]);
    const cookie = withOption(10, Buffer.alloc(8, 7));
    assert.deepEqual(sent(world, cookie), PASSED);
    const refused = ['QUERY_NO_RULE', 'REPLY_REFUSED', NXDOMAIN];
    assert.deepEqual(sent(world, withOption(8, Buffer.from('00012000c6336442', 'hex'))), refused);
    const second = Buffer.concat([cookie, Buffer.of(0, 8, 0, 0)]);
    second.writeUInt16BE(second.readUInt16BE(second.length - 18) + 4, second.length - 18);
    assert.deepEqual(sent(world, second), refused, 'behind the cookie');
  });

  test('carries nothing to the zone of the suffix but the names that rules spell out', () => {
    const secrets = Array.from({ length: 20 }, (_, i) => `secret-${i}.stripe.com.corp.example`);
    using open = searching([API, { select: '*.stripe.com' }], ISOLATED);
    assert.ok(
      secrets.every((name) => asked(open, name)[0] === 'QUERY_UNFILTERED'),
      'control: unfiltered, every secret gets out',
    );
    using world = searching([API, { select: '*.stripe.com' }]);
    for (const name of secrets) assert.deepEqual(asked(world, name), REFUSED);
    assert.equal(world.maps.usage.get(ENDPOINT)?.pending, 0);
  });

  test('teaches nothing', () => {
    using world = searching([API]);
    const name = 'api.stripe.com.corp.example';
    asked(world, name);
    world.expect('pod_in', answer(response(name, TYPE.A, [a('203.0.113.1')])), ACTION.PASS, ['ANSWER_LEARNED']);
    assert.equal(world.learnedCount(), 0);
  });

  test('of 255 octets, and one whose name has 127 labels', () => {
    const label = 'l'.repeat(63);
    const long = `${label}.${label}.${label}.${'l'.repeat(255 - wire('corp.example').length - 3 * 64 - 1)}`;
    const deep = Array.from({ length: 120 }, () => 'd').join('.');
    using world = searching([{ select: long }, { select: deep }]);
    assert.equal(wire(`${long}.corp.example`).length, 255);
    assert.deepEqual(asked(world, `${long}.corp.example`), PASSED);
    assert.deepEqual(asked(world, `${deep}.corp.example`), PASSED);
    assert.deepEqual(asked(world, `m${long.slice(1)}.corp.example`), REFUSED);
  });
});

describe('the audited verdict on an expansion', () => {
  const AUDITED = HAS_AUDIT | AUDIT_FILTER_NAMES;
  for (const [what, rules, refuses] of [
    ["of a rule's name: would pass", [{ ...API, query: AUDIT_ALLOW }], false],
    ['of a name that a pattern selects: would be refused', [{ select: '*.stripe.com', query: AUDIT_ALLOW }], true],
    [
      'of a denied name: would be refused',
      [
        { select: '*.stripe.com', query: AUDIT_DENY },
        { ...API, query: AUDIT_ALLOW },
      ],
      true,
    ],
    ['of a name that nothing selects: would be refused', [], true],
  ] as const) {
    test(what, () => {
      using world = searching(rules, AUDITED);
      const counted = asked(world, 'api.stripe.com.corp.example');
      assert.deepEqual(counted, ['QUERY_UNFILTERED', ...(refuses ? ['QUERY_AUDIT_REFUSE'] : [])]);
    });
  }

  test('is denied by no audited policies that would not filter names', () => {
    const rule = { ...API, query: NwQueryFlag.ALLOW | AUDIT_DENY };
    for (const [flags, counted] of [
      [HAS_AUDIT, PASSED],
      [AUDITED, [...PASSED, 'QUERY_AUDIT_REFUSE']],
    ] as const) {
      using world = searching([rule], FILTER_NAMES | ISOLATED | flags);
      assert.deepEqual(new Set(asked(world, 'api.stripe.com.corp.example')), new Set(counted));
    }
  });

  test('counts the name before the suffix where no audited rule allows the whole one, and only there', () => {
    const denied = [API, { select: '**.stripe.com', query: AUDIT_DENY }];
    for (const [rules, counted] of [
      [denied, [...PASSED, 'QUERY_AUDIT_REFUSE']],
      [[...denied, { select: '**.corp.example', query: AUDIT_ALLOW }], PASSED],
    ] as const) {
      using world = searching(rules, FILTER_NAMES | ISOLATED | AUDITED);
      assert.deepEqual(new Set(asked(world, 'api.stripe.com.corp.example')), new Set(counted));
    }
  });

  test('is not given twice where the enforced one lets it pass', () => {
    using world = searching([API], FILTER_NAMES | ISOLATED | AUDITED);
    assert.deepEqual(asked(world, 'api.stripe.com.corp.example'), PASSED);
    const pending = world.maps.pending.get({
      endpoint: ENDPOINT,
      server: mapped(RESOLVER),
      serverPort: 53,
      podPort: 40000,
      id: 0x1234,
      protocol: 17,
    });
    assert.deepEqual([pending?.queries, pending?.handleCount], [1, 0]);
  });
});
