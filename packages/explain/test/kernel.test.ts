/** What `explain` says beforehand is what the kernel counts: verdict, reason, audited verdict, response code. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  NwPrecedence,
  NwQueryFlag,
  NwRangeFlag,
  NwReason,
  NwRowFlag,
  NwRulesetFlag,
  NwSwitch,
  streamQuota,
} from '@namewall/datapath';
import { mapped } from '../../datapath/test/packets/frames.ts';
import { ENDPOINT, RESOLVER, RULESET, World } from '../../datapath/test/packets/world.ts';
import { agree, cidr, learn } from './support/agree.ts';
import { select } from './support/asking.ts';
import { ICMP_ECHO, type Sent } from './support/sent.ts';

const { ISOLATED, FILTER_NAMES, REJECT_NXDOMAIN, HAS_AUDIT, AUDIT_ISOLATED, AUDIT_FILTER_NAMES } = NwRulesetFlag;
const { DENY, AUDIT } = NwRowFlag;
const SERVER = '203.0.113.80';
const OTHER = '203.0.113.81';
const CLUSTER = '198.18.3.3';
const METADATA = '198.18.9.9';

function ranges(world: World): void {
  world.maps.ranges.set({ prefixLength: 112, address: mapped('198.18.0.0') }, NwRangeFlag.CLUSTER);
  world.maps.ranges.set({ prefixLength: 128, address: mapped(METADATA) }, NwRangeFlag.CLUSTER | NwRangeFlag.METADATA);
}

interface Case {
  readonly world: string;
  readonly set: (world: World) => void;
  readonly sent: readonly (readonly [sent: Sent, reason: string])[];
}

const names = [
  { select: 'api.example.com', rows: [{ protocol: 6, portFirst: 443, portLast: 444 }] },
  { select: '*.wide.example.com' },
  {
    select: '**.evil.example.com',
    query: NwQueryFlag.DENY,
    rows: [{ precedence: NwPrecedence.NAME_DENY, flags: DENY }],
  },
  { select: 'good.evil.example.com' },
  { select: '**.cluster.local', rows: [] },
];

const CASES: readonly Case[] = [
  {
    world: 'a pod that no policy selects',
    set: (world) => world.unselect(),
    sent: [
      [{ address: SERVER }, 'PASS_UNSELECTED'],
      [{ name: 'any.example' }, 'QUERY_UNFILTERED'],
      [{ address: RESOLVER, port: 53 }, 'QUERY_UNFILTERED'],
      [{ address: RESOLVER, port: 853 }, 'PASS_UNSELECTED'],
    ],
  },
  {
    world: 'a pod that is gone',
    set: (world) => {
      const held = world.maps.endpoints.get(ENDPOINT);
      assert.ok(held);
      world.maps.endpoints.set(ENDPOINT, { ...held, number: ENDPOINT + 256 });
    },
    sent: [
      [{ address: SERVER }, 'DENY_NO_ENDPOINT'],
      [{ name: 'api.example.com' }, 'DENY_NO_ENDPOINT'],
    ],
  },
  {
    world: 'a pod whose ruleset is gone',
    set: (world) => {
      select(world, ISOLATED);
      const held = world.maps.rulesets.get(RULESET);
      assert.ok(held);
      world.maps.rulesets.set(RULESET, { ...held, number: 0 });
    },
    sent: [[{ address: SERVER }, 'DENY_NO_ENDPOINT']],
  },
  {
    world: 'an isolated pod whose names are filtered',
    set: (world) => {
      select(world, ISOLATED | FILTER_NAMES, names);
      world.search(['svc.example.net']);
      ranges(world);
      learn(world, SERVER, [1, 10n]);
      learn(world, '203.0.113.82', [1, -1n]);
      learn(world, '203.0.113.83', [3, 10n]);
      learn(world, '203.0.113.84', [3, 10n], [4, 10n]);
      learn(world, '203.0.113.85', [5, 10n]);
      learn(world, '203.0.113.86', [1, -1n], [2, 10n]);
      learn(world, '2001:db8:80::1', [2, 10n]);
      cidr(world, '192.0.2.0', 24, [{ protocol: 17 }]);
      cidr(world, '192.0.2.128', 25, [{ protocol: 17 }, { protocol: 6, flags: DENY }]);
    },
    sent: [
      [{ name: 'api.example.com' }, 'QUERY_ALLOWED'],
      [{ name: 'API.Example.com' }, 'QUERY_ALLOWED'],
      [{ name: 'x.wide.example.com' }, 'QUERY_ALLOWED'],
      [{ name: 'x.y.wide.example.com' }, 'QUERY_NO_RULE'],
      [{ name: 'api.example.com.svc.example.net' }, 'QUERY_EXPANSION'],
      [{ name: 'x.wide.example.com.svc.example.net' }, 'QUERY_NO_RULE'],
      [{ name: 'x.evil.example.com.svc.example.net' }, 'QUERY_DENIED'],
      [{ name: 'other.example.svc.example.net' }, 'QUERY_NO_RULE'],
      [{ name: 'svc.example.net' }, 'QUERY_NO_RULE'],
      [{ name: 'x.evil.example.com' }, 'QUERY_DENIED'],
      [{ name: 'good.evil.example.com' }, 'QUERY_DENIED'],
      [{ name: 'db.shop.svc.cluster.local' }, 'QUERY_ALLOWED'],
      [{ name: '80.113.0.203.in-addr.arpa', type: 12 }, 'QUERY_REVERSE'],
      [{ name: '81.113.0.203.in-addr.arpa', type: 12 }, 'QUERY_NO_RULE'],
      [{ name: '82.113.0.203.in-addr.arpa', type: 12 }, 'QUERY_NO_RULE'],
      [{ name: '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.0.0.8.b.d.0.1.0.0.2.ip6.arpa', type: 12 }, 'QUERY_REVERSE'],
      [{ address: SERVER }, 'PASS_NAME'],
      [{ address: SERVER, port: 444 }, 'PASS_NAME'],
      [{ address: SERVER, port: 445 }, 'DENY_PORT'],
      [{ address: SERVER, protocol: 17, port: 443 }, 'DENY_PORT'],
      [{ address: SERVER, protocol: ICMP_ECHO }, 'DENY_PORT'],
      [{ address: OTHER }, 'DENY_UNKNOWN'],
      [{ address: '203.0.113.82' }, 'DENY_EXPIRED'],
      [{ address: '203.0.113.83' }, 'DENY_NAME'],
      [{ address: '203.0.113.84' }, 'PASS_NAME'],
      [{ address: '203.0.113.85' }, 'DENY_UNKNOWN'],
      [{ address: '203.0.113.86', port: 9 }, 'PASS_NAME'],
      [{ address: '2001:db8:80::1', protocol: ICMP_ECHO }, 'PASS_NAME'],
      [{ address: '2001:db8:80::2' }, 'DENY_UNKNOWN'],
      [{ address: '192.0.2.1', protocol: 17, port: 5 }, 'PASS_CIDR'],
      [{ address: '192.0.2.1' }, 'DENY_PORT'],
      [{ address: '192.0.2.200' }, 'DENY_CIDR'],
      [{ address: '192.0.2.200', protocol: 17, port: 5 }, 'PASS_CIDR'],
      [{ address: CLUSTER }, 'PASS_RANGE'],
      [{ address: CLUSTER, protocol: 17, port: 4789 }, 'DENY_UNKNOWN'],
      [{ address: METADATA }, 'DENY_UNKNOWN'],
      [{ address: RESOLVER, port: 53 }, ''],
      [{ address: RESOLVER, port: 853 }, 'QUERY_ENCRYPTED'],
    ],
  },
  {
    world: 'an isolated pod that may ask anything',
    set: (world) => {
      select(world, ISOLATED, names);
      learn(world, SERVER, [1, 10n]);
    },
    sent: [
      [{ name: 'other.example' }, 'QUERY_UNFILTERED'],
      [{ name: 'x.evil.example.com' }, 'QUERY_DENIED'],
      [{ address: SERVER }, 'PASS_NAME'],
      [{ address: RESOLVER, port: 53 }, ''],
    ],
  },
  {
    world: 'a pod with denies alone',
    set: (world) => {
      select(world, 0, [names[2] ?? { select: 'x.example' }]);
      cidr(world, OTHER, 32, [{ flags: DENY, protocol: 6, portFirst: 25, portLast: 25 }]);
    },
    sent: [
      [{ address: SERVER }, 'PASS_NOT_ISOLATED'],
      [{ address: OTHER }, 'PASS_NOT_ISOLATED'],
      [{ address: OTHER, port: 25 }, 'DENY_CIDR'],
      [{ name: 'x.evil.example.com' }, 'QUERY_DENIED'],
      [{ name: 'other.example' }, 'QUERY_UNFILTERED'],
    ],
  },
  {
    world: 'a pod with audited policies alone',
    set: (world) => {
      select(world, HAS_AUDIT | AUDIT_ISOLATED | AUDIT_FILTER_NAMES, [
        { select: 'ok.example', query: NwQueryFlag.AUDIT_ALLOW, rows: [{ flags: AUDIT }] },
        { select: 'no.example', query: NwQueryFlag.AUDIT_DENY, rows: [{ flags: AUDIT | DENY }] },
      ]);
      world.search(['svc.example.net']);
      learn(world, SERVER, [1, 10n]);
      learn(world, '203.0.113.82', [2, 10n]);
      cidr(world, '192.0.2.0', 24, [{ flags: AUDIT }]);
      ranges(world);
    },
    sent: [
      [{ name: 'ok.example' }, 'QUERY_UNFILTERED'],
      [{ name: 'no.example' }, 'QUERY_UNFILTERED'],
      [{ name: 'other.example' }, 'QUERY_UNFILTERED'],
      [{ name: 'ok.example.svc.example.net' }, 'QUERY_UNFILTERED'],
      [{ name: 'no.example.svc.example.net' }, 'QUERY_UNFILTERED'],
      [{ name: '80.113.0.203.in-addr.arpa', type: 12 }, 'QUERY_UNFILTERED'],
      [{ address: SERVER }, 'PASS_NOT_ISOLATED'],
      [{ address: OTHER }, 'PASS_NOT_ISOLATED'],
      [{ address: '203.0.113.82' }, 'PASS_NOT_ISOLATED'],
      [{ address: '192.0.2.1' }, 'PASS_NOT_ISOLATED'],
      [{ address: CLUSTER }, 'PASS_RANGE'],
    ],
  },
  {
    world: 'an enforced and an audited policy',
    set: (world) => {
      select(world, ISOLATED | FILTER_NAMES | REJECT_NXDOMAIN | HAS_AUDIT | AUDIT_ISOLATED | AUDIT_FILTER_NAMES, [
        { select: 'ok.example', query: NwQueryFlag.ALLOW | NwQueryFlag.AUDIT_DENY },
        { select: 'audited.example', query: NwQueryFlag.AUDIT_ALLOW, rows: [{ flags: AUDIT }] },
        { select: 'plain.example' },
      ]);
      world.search(['svc.example.net']);
      learn(world, SERVER, [1, 10n]);
      learn(world, '203.0.113.82', [2, 10n]);
      cidr(world, SERVER, 32, [{ flags: AUDIT | DENY, protocol: 6, portFirst: 80, portLast: 80 }]);
    },
    sent: [
      [{ name: 'ok.example' }, 'QUERY_ALLOWED'],
      [{ name: 'audited.example' }, 'QUERY_NO_RULE'],
      [{ name: 'plain.example.svc.example.net' }, 'QUERY_EXPANSION'],
      [{ name: 'ok.example.svc.example.net' }, 'QUERY_EXPANSION'],
      [{ name: 'audited.example.svc.example.net' }, 'QUERY_NO_RULE'],
      [{ address: SERVER }, 'PASS_NAME'],
      [{ address: SERVER, port: 80 }, 'PASS_NAME'],
      [{ address: '203.0.113.82' }, 'DENY_UNKNOWN'],
    ],
  },
  {
    world: 'a node switched to audit',
    set: (world) => {
      world.configure({ nodeSwitch: NwSwitch.AUDIT });
      select(world, ISOLATED | FILTER_NAMES, names);
    },
    sent: [
      [{ name: 'other.example' }, 'QUERY_NO_RULE'],
      [{ name: 'api.example.com' }, 'QUERY_ALLOWED'],
      [{ address: OTHER }, 'PASS_SWITCHED_AUDIT'],
      [{ address: RESOLVER, port: 53 }, ''],
      [{ address: RESOLVER, port: 853 }, 'PASS_SWITCHED_AUDIT'],
    ],
  },
  {
    world: 'a node switched off',
    set: (world) => {
      world.configure({ nodeSwitch: NwSwitch.OFF });
      select(world, ISOLATED | FILTER_NAMES, names);
    },
    sent: [
      [{ name: 'other.example' }, 'PASS_SWITCHED_OFF'],
      [{ address: OTHER }, 'PASS_SWITCHED_OFF'],
    ],
  },
  {
    world: 'a pod over its quotas',
    set: (world) => {
      world.configure({ quotaFlowsOut: 1, quotaPending: 1 });
      select(world, ISOLATED | FILTER_NAMES, names);
      const usage = world.maps.usage.get(ENDPOINT);
      assert.ok(usage);
      world.maps.usage.set(ENDPOINT, { ...usage, streams: streamQuota(world.sizes) });
      cidr(world, '192.0.2.0', 24, [{}]);
    },
    sent: [
      [{ name: 'api.example.com' }, 'QUERY_ALLOWED'],
      [{ name: 'x.wide.example.com' }, 'QUERY_QUOTA'],
      [{ name: 'other.example' }, 'QUERY_NO_RULE'],
      [{ address: '192.0.2.1' }, 'PASS_CIDR'],
      [{ address: '192.0.2.2' }, 'DENY_FLOW_QUOTA'],
      [{ address: OTHER }, 'DENY_UNKNOWN'],
      [{ address: RESOLVER, port: 53 }, 'STREAM_QUOTA'],
    ],
  },
  {
    world: 'a pod without isolation over its quotas',
    set: (world) => {
      world.configure({ quotaFlowsOut: 1, quotaPending: 1 });
      select(world, 0, names);
    },
    sent: [
      [{ name: 'a.example' }, 'QUERY_UNFILTERED'],
      [{ name: 'b.example' }, 'QUERY_NOT_REMEMBERED'],
      [{ address: OTHER }, 'PASS_NOT_ISOLATED'],
      [{ address: SERVER }, 'PASS_NOT_TRACKED'],
    ],
  },
];

describe('explain and the kernel agree about', () => {
  for (const { world: what, set, sent } of CASES) {
    test(what, () => {
      using world = new World();
      set(world);
      for (const [one, expected] of sent) assert.equal(agree(world, one), expected, JSON.stringify(one));
    });
  }
});

test('every reason for which a query or a new connection is refused is in the table, but for full tables', () => {
  const told = new Set(CASES.flatMap(({ sent }) => sent.map(([, reason]) => reason)));
  const refusals = Object.keys(NwReason).filter((name) =>
    /^(QUERY_(NO_RULE|DENIED|QUOTA|ENC)|STREAM_QUOTA|DENY_)/.test(name),
  );
  const never = ['MALFORMED', 'FRAGMENT', 'FALLBACK', 'POSES_AS_RESOLVER', 'NOT_IP', 'SOURCE', 'FLOW_FULL'];
  assert.deepEqual(
    refusals.filter((name) => !told.has(name)),
    refusals.filter((name) => never.some((one) => name === `DENY_${one}`)),
  );
});
