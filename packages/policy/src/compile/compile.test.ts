import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NwQueryFlag as Q, NwRowFlag as R, NwRulesetFlag as F } from '../abi.gen.ts';
import type { Policy } from '../schema/policy.ts';
import { clusterPolicy, config, namespace, pod, policy, to } from '../testing.ts';
import { formatCidr } from '../value/cidr.ts';
import { compile } from './compile.ts';
import type { CompileInput } from './compiler.ts';
import type { CompiledRow, CompiledRuleset } from './types.ts';

const pods = [pod('a', '192.0.2.1')];

/** The ruleset of the one pod. */
function rulesetOf(...policies: readonly Policy[]): CompiledRuleset {
  const result = compile({ policies, pods });
  assert.deepEqual(result.rejected, []);
  const found = result.rulesets.get(result.endpoints[0]?.ruleset ?? '');
  assert.ok(found);
  return found;
}

function nameRule(ruleset: CompiledRuleset, selector: string): { query: number; rows: string[] } {
  const found = ruleset.names.find((rule) => rule.selector === selector);
  assert.ok(found, selector);
  return { query: found.query, rows: found.rows.map(terse) };
}

/** "3000 tcp 443-443 f0 p0" */
function terse({ precedence, protocol, portFirst, portLast, flags, policy: at }: CompiledRow): string {
  return `${precedence} ${protocol} ${portFirst}-${portLast} f${flags} p${at}`;
}

const cidrsOf = (ruleset: CompiledRuleset) => ruleset.cidrs.map((rule) => [formatCidr(rule), ...rule.rows.map(terse)]);
const has = (ruleset: CompiledRuleset, flag: number) => (ruleset.flags & flag) !== 0;
const allow = (...targets: string[]) => policy('allow', { egress: [to(...targets)] });

test('egress absent: only denies apply, no isolation, names are not filtered', () => {
  const ruleset = rulesetOf(policy('p', { egressDeny: [to('evil.example')] }));
  assert.equal(ruleset.flags, 0);
  assert.deepEqual(
    ruleset.names.map(({ selector }) => selector),
    ['v1|n|evil.example'],
  );
});

test('egress empty: isolated, and only in-cluster names may be asked for', () => {
  const ruleset = rulesetOf(policy('p', { egress: [] }));
  assert.equal(ruleset.flags, F.ISOLATED | F.FILTER_NAMES);
  assert.deepEqual(ruleset.names, [
    { selector: 'v1|n|_dns.resolver.arpa', query: Q.DENY, rows: [] },
    { selector: 'v1|p|**.cluster.local', query: Q.ALLOW, rows: [] },
  ]);
});

test('discovery of encrypted resolvers is denied where names are filtered, whatever selects it, and only there', () => {
  const discovery = ({ names }: ReturnType<typeof rulesetOf>) =>
    names.find(({ selector }) => selector === 'v1|n|_dns.resolver.arpa')?.query;
  assert.equal(discovery(rulesetOf(allow('_dns.resolver.arpa'))), Q.ALLOW | Q.DENY);
  assert.equal(discovery(rulesetOf(policy('p', { egress: [], dns: { queries: 'All' } }))), undefined);
  assert.equal(discovery(rulesetOf(policy('p', { egress: [], enforcementMode: 'Audit' }))), Q.AUDIT_DENY);
});

test('an allow without ports is any protocol and port', () => {
  assert.deepEqual(nameRule(rulesetOf(allow('a.example')), 'v1|n|a.example'), {
    query: Q.ALLOW,
    rows: ['3000 0 0-65535 f0 p0'],
  });
});

test('protocols are IANA numbers, ICMP is both families for a name and its own for a CIDR', () => {
  const ports = [
    { port: 443 },
    { protocol: 'UDP' as const, port: 443, endPort: 445 },
    { protocol: 'SCTP' as const },
    { protocol: 'ICMP' as const },
  ];
  const ruleset = rulesetOf(policy('p', { egress: [{ ...to('a.example', '192.0.2.0/24', '2001:db8::/32'), ports }] }));
  const common = ['3000 6 443-443 f0 p0', '3000 17 443-445 f0 p0'];
  const rows = ['3000 1 0-65535 f0 p0', ...common, '3000 58 0-65535 f0 p0', '3000 132 0-65535 f0 p0'];
  assert.deepEqual(nameRule(ruleset, 'v1|n|a.example').rows, rows);
  assert.deepEqual(cidrsOf(ruleset), [
    ['192.0.2.0/24', '3000 1 0-65535 f0 p0', ...common, '3000 132 0-65535 f0 p0'],
    ['2001:db8::/32', ...common, '3000 58 0-65535 f0 p0', '3000 132 0-65535 f0 p0'],
  ]);
});

test('precedences: cluster CIDR deny, CIDR deny, strict name deny, allow, name deny', () => {
  const egressDeny = [to('b.example', '198.51.100.0/24')];
  const ruleset = rulesetOf(
    clusterPolicy('c', { egressDeny }),
    policy('lax', { egress: [to('b.example')], egressDeny }),
    policy('strict', { strictDeny: true, egressDeny }),
  );
  assert.deepEqual(cidrsOf(ruleset), [['198.51.100.0/24', '1000 0 0-65535 f1 p0', '2000 0 0-65535 f1 p1']]);
  assert.deepEqual(nameRule(ruleset, 'v1|n|b.example'), {
    query: Q.ALLOW | Q.DENY,
    rows: ['2500 0 0-65535 f1 p2', '3000 0 0-65535 f0 p1', '4000 0 0-65535 f1 p0'],
  });
  assert.ok(has(ruleset, F.STRICT_DENY));
});

test('a name deny with ports is a matter of the connection, not of the query', () => {
  const ruleset = rulesetOf(policy('p', { egressDeny: [{ ...to('a.example'), ports: [{ port: 25 }] }] }));
  assert.deepEqual(nameRule(ruleset, 'v1|n|a.example'), { query: 0, rows: ['4000 6 25-25 f1 p0'] });
});

test('an Audit policy reports only: its own flags, and a second verdict with it counted in', () => {
  const audited = policy('audit', {
    enforcementMode: 'Audit',
    egress: [to('a.example')],
    egressDeny: [to('b.example')],
    dns: { rejectWith: 'NXDomain', ttl: { floor: '1h' } },
    strictDeny: true,
  });
  const alone = rulesetOf(audited);
  assert.equal(alone.flags, F.HAS_AUDIT | F.AUDIT_ONLY | F.AUDIT_ISOLATED | F.AUDIT_FILTER_NAMES);
  assert.equal(alone.durations.ttlFloor, 0n);
  assert.deepEqual(nameRule(alone, 'v1|n|a.example'), {
    query: Q.AUDIT_ALLOW,
    rows: [`3000 0 0-65535 f${R.AUDIT} p0`],
  });
  assert.equal(nameRule(alone, 'v1|n|b.example').query, Q.AUDIT_DENY);
  assert.equal(nameRule(alone, 'v1|p|**.cluster.local').query, Q.ALLOW);
  const both = rulesetOf(audited, policy('z', { egress: [to('a.example')], dns: { queries: 'All' } }));
  assert.equal(both.flags, F.ISOLATED | F.HAS_AUDIT | F.AUDIT_ISOLATED);
  assert.equal(nameRule(both, 'v1|n|a.example').query, Q.ALLOW | Q.AUDIT_ALLOW);
});

test('dns over policies: All, NXDOMAIN, largest floor, grace and idle window, smallest ceiling', () => {
  const dns = (ttl: object, rest: object) => ({ egress: [to('a.example')], dns: { ttl, ...rest } });
  const ruleset = rulesetOf(
    policy('a', dns({ floor: '10s', grace: '5s', ceiling: '2h' }, { queries: 'Matched', idleWindow: '1m' })),
    policy('b', dns({ floor: '20s', grace: '1s', ceiling: '1h' }, { queries: 'All', rejectWith: 'NXDomain' })),
  );
  assert.equal(ruleset.flags, F.ISOLATED | F.REJECT_NXDOMAIN);
  const second = 1_000_000_000n;
  assert.deepEqual(ruleset.durations, {
    ttlFloor: 20n * second,
    ttlCeiling: 3600n * second,
    ttlGrace: 5n * second,
    idleWindow: 60n * second,
  });
});

test('a merged floor never passes the merged ceiling, and a written 0s is not the default', () => {
  const dns = (ttl: object) => ({ egress: [], dns: { ttl } });
  const { durations } = rulesetOf(policy('a', dns({ floor: '2h' })), policy('b', dns({ ceiling: '1h', grace: '0s' })));
  assert.deepEqual([durations.ttlFloor, durations.ttlGrace], [3_600_000_000_000n, 1n]);
});

test('a policy without egress or dns has no say whether names are filtered', () => {
  const ruleset = rulesetOf(allow('a.example'), policy('deny', { egressDeny: [to('b.example')] }));
  assert.ok(has(ruleset, F.FILTER_NAMES));
});

test('denied packets are dropped silently when one policy says so', () => {
  assert.ok(has(rulesetOf(policy('a', { egress: [], connections: { rejectWith: 'Silent' } })), F.REJECT_SILENT));
});

test('in-cluster names: the cluster domain and the reverse zones of its ranges', () => {
  const spec = {
    clusterDomain: 'Corp.Example.',
    ranges: { cluster: ['10.96.0.0/15', '2001:db8::/46', '192.0.2.8/31'] },
  };
  const result = compile({ policies: [policy('p', { egress: [] })], pods, config: config(spec) });
  const [ruleset] = result.rulesets.values();
  assert.deepEqual(
    ruleset?.names.map(({ selector }) => selector),
    [
      'v1|n|8.2.0.192.in-addr.arpa',
      'v1|n|9.2.0.192.in-addr.arpa',
      'v1|n|_dns.resolver.arpa',
      'v1|p|**.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'v1|p|**.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'v1|p|**.2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'v1|p|**.3.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      'v1|p|**.96.10.in-addr.arpa',
      'v1|p|**.97.10.in-addr.arpa',
      'v1|p|**.corp.example',
    ],
  );
});

test('a CIDR carries the rows of those that cover it', () => {
  const egress = [to('203.0.113.0/24'), { ...to('203.0.113.128/25'), ports: [{ port: 80 }] }];
  const ruleset = rulesetOf(policy('p', { egress, egressDeny: [to('203.0.113.192/26', '198.51.100.0/24')] }));
  assert.deepEqual(cidrsOf(ruleset), [
    ['198.51.100.0/24', '2000 0 0-65535 f1 p0'],
    ['203.0.113.0/24', '3000 0 0-65535 f0 p0'],
    ['203.0.113.128/25', '3000 0 0-65535 f0 p0'],
    ['203.0.113.192/26', '2000 0 0-65535 f1 p0', '3000 0 0-65535 f0 p0'],
  ]);
});

test('all of IPv6 is no IPv4, and its own prefixes still inherit from it', () => {
  const ruleset = rulesetOf(policy('p', { egress: [to('::/0'), { ...to('2001:db8::/32'), ports: [{ port: 1 }] }] }));
  assert.deepEqual(cidrsOf(ruleset), [
    ['::/0', '3000 0 0-65535 f0 p0'],
    ['0.0.0.0/0'],
    ['2001:db8::/32', '3000 0 0-65535 f0 p0'],
  ]);
});

test('the same documents in any order, the same result', () => {
  const policies = [
    allow('a.example'),
    policy('b', { egress: [to('b.example', '10.0.0.0/8')] }),
    clusterPolicy('c', {}),
  ];
  const some = [pod('a', '192.0.2.1'), pod('b', '192.0.2.2')];
  const input: CompileInput = { policies, pods: some };
  const turned: CompileInput = { policies: policies.toReversed(), pods: some.toReversed() };
  assert.deepEqual(compile(turned), compile(input));
});

test('pods with the same rules share a ruleset, unselected ones have none', () => {
  const policies = [
    policy('p', { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] } }),
  ];
  const result = compile({ policies, pods: ['a', 'b', 'c'].map((name, at) => pod(name, `192.0.2.${at + 1}`)) });
  const [a, b, c] = result.endpoints.map(({ ruleset }) => ruleset);
  assert.match(a ?? '', /^[0-9a-f]{32}$/);
  assert.equal(a, b);
  assert.equal(c, '');
  assert.equal(result.rulesets.size, 1);
});

test('a second policy of the same name is rejected', () => {
  const result = compile({ policies: [allow('a.example'), allow('b.example')], pods });
  assert.deepEqual(
    result.rejected.map(({ reason }) => reason),
    ['DuplicatePolicy'],
  );
});

test('a policy selects in its own namespace, a cluster policy by labels of namespaces', () => {
  const shop = { metadata: { namespace: 'shop' } };
  const result = compile({
    policies: [
      policy('p', {}, 'shop'),
      clusterPolicy('c', { namespaceSelector: { matchLabels: { team: 'x' } } }),
      clusterPolicy('n', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }),
    ],
    pods: [pod('a', '192.0.2.1'), pod('b', '192.0.2.2', shop)],
    namespaces: [namespace('shop', { team: 'x' })],
  });
  const selected = result.selections.map(({ policy: { name }, pods: uids }) => [name, ...uids]);
  assert.deepEqual(selected, [
    ['c', 'uid-b'],
    ['n', 'uid-a'],
    ['p', 'uid-b'],
  ]);
});

test('pods behind a resolver, of the host, finished or of kube-system are left out and shown', () => {
  const result = compile({
    policies: [clusterPolicy('c', { egress: [] })],
    pods: [
      pod('dns', '192.0.2.53'),
      pod('done', '192.0.2.2', { status: { phase: 'Succeeded' } }),
      pod('host', '192.0.2.3', { spec: { hostNetwork: true } }),
      pod('sys', '192.0.2.4', { metadata: { namespace: 'kube-system' } }),
    ],
    config: config({ resolvers: [{ address: '192.0.2.53' }] }),
  });
  assert.deepEqual(result.selections[0]?.pods, []);
  assert.deepEqual(
    result.selections[0].excluded.map(({ uid, reason }) => `${uid} ${reason}`),
    ['uid-dns ResolverBackend', 'uid-done Finished', 'uid-host HostNetwork', 'uid-sys ExcludedNamespace'],
  );
  assert.deepEqual(
    result.endpoints.map(({ uid, ruleset }) => [uid, ruleset]),
    [
      ['uid-dns', ''],
      ['uid-sys', ''],
    ],
  );
  assert.equal(result.rulesets.size, 0);
});

test('an endpoint has its search list, addresses and namespace path', () => {
  const spec = { dnsConfig: { searches: ['Corp.Example.', 'svc.cluster.local', ''] } };
  const metadata = { annotations: { 'namewall.dev/netns': '/run/netns/a' } };
  const status = { podIP: '192.0.2.1', podIPs: [{ ip: '2001:db8::1' }, { ip: '192.0.2.1' }] };
  const [own, none, node] = compile({
    policies: [],
    pods: [
      { ...pod('a', '192.0.2.1', { spec, status }), metadata: { name: 'a', uid: 'u', ...metadata } },
      pod('b', '192.0.2.2', { spec: { ...spec, dnsPolicy: 'None' } }),
      pod('c', '192.0.2.3', { spec: { dnsPolicy: 'Default' } }),
    ],
  }).endpoints;
  assert.deepEqual(own?.search, ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example']);
  assert.equal(own.netns, '/run/netns/a');
  assert.deepEqual(
    own.addresses.map((address) => address.length),
    [16, 16],
  );
  assert.deepEqual(none?.search, ['corp.example', 'svc.cluster.local']);
  assert.deepEqual([node?.search, node?.dnsPolicy], [[], 'Default']);
});

test('flows are left to close by themselves only where every enforced policy says so', () => {
  const saying = (name: string, cutFlows?: 'Immediate' | 'OnClose', audit = false) =>
    policy(name, {
      egress: [],
      ...(cutFlows === undefined ? {} : { connections: { cutFlows } }),
      ...(audit ? { enforcementMode: 'Audit' as const } : {}),
    });
  const cases: readonly (readonly [boolean, ...Policy[]])[] = [
    [false, saying('a')],
    [true, saying('a', 'OnClose')],
    [true, saying('a', 'OnClose'), saying('b', 'OnClose')],
    [false, saying('a', 'OnClose'), saying('b', 'Immediate')],
    [false, saying('a', 'OnClose'), saying('b')],
    [true, saying('a', 'OnClose'), saying('b', 'Immediate', true)],
    [false, saying('a', 'OnClose', true)],
  ];
  for (const [onClose, ...policies] of cases) {
    assert.equal(has(rulesetOf(...policies), F.CUT_ON_CLOSE), onClose, JSON.stringify(policies));
  }
});
