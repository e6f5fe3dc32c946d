import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, pod, policy, to } from '../testing.ts';
import { validate } from './validate.ts';

const base = policy('p', {});
const withSpec = (spec: object) => ({ ...base, spec: { podSelector: {}, ...spec } });
const withRule = (rule: object) => withSpec({ egress: [{ ...to('a.example'), ...rule }] });
const many = (count: number, of: (at: number) => string) => Array.from({ length: count }, (_, at) => of(at));

interface Row {
  readonly says: string;
  readonly doc: unknown;
  readonly path: string;
  readonly reason: RegExp;
  readonly fix: RegExp;
}

const rule = 'spec/egress/0';
const ROWS: readonly Row[] = [
  { says: 'no mapping', doc: 4, path: '', reason: /not a mapping/, fix: /apiVersion, kind/ },
  { says: 'no kind', doc: {}, path: 'kind', reason: /missing/, fix: /FQDNNetworkPolicy/ },
  {
    says: 'a kind mistyped',
    doc: { kind: 'FQDNetworkPolicy' },
    path: 'kind',
    reason: /not known/,
    fix: /^write FQDNNetworkPolicy$/,
  },
  {
    says: 'another apiVersion',
    doc: { ...base, apiVersion: 'v1' },
    path: 'apiVersion',
    reason: /"v1"/,
    fix: /namewall\.dev\/v1alpha1/,
  },
  { says: 'no name', doc: { ...base, metadata: {} }, path: 'metadata/name', reason: /missing/, fix: /write a name/ },
  {
    says: 'a bad name',
    doc: { ...base, metadata: { name: 'A_b' } },
    path: 'metadata/name',
    reason: /"A_b"/,
    fix: /lower-case/,
  },
  { says: 'no spec', doc: { ...base, spec: undefined }, path: 'spec', reason: /missing/, fix: /write spec/ },
  {
    says: 'no podSelector',
    doc: { ...base, spec: {} },
    path: 'spec/podSelector',
    reason: /missing/,
    fix: /\{\} for all/,
  },
  {
    says: 'an empty podSelector line',
    doc: withSpec({ podSelector: null }),
    path: 'spec/podSelector',
    reason: /empty/,
    fix: /\{\} for all/,
  },
  {
    says: 'an unknown field',
    doc: withSpec({ egres: [] }),
    path: 'spec/egres',
    reason: /unknown field/,
    fix: /^write egress$/,
  },
  {
    says: 'an unknown field far from all',
    doc: withSpec({ zzzzz: 1 }),
    path: 'spec/zzzzz',
    reason: /unknown/,
    fix: /remove it; known here: podSelector/,
  },
  {
    says: 'a field of the cluster kind',
    doc: withSpec({ namespaceSelector: {} }),
    path: 'spec/namespaceSelector',
    reason: /unknown/,
    fix: /remove|write/,
  },
  {
    says: 'a value mistyped',
    doc: withSpec({ enforcementMode: 'audit' }),
    path: 'spec/enforcementMode',
    reason: /"audit"/,
    fix: /^write Audit$/,
  },
  {
    says: 'egress that is no list',
    doc: withSpec({ egress: {} }),
    path: 'spec/egress',
    reason: /not a list/,
    fix: /"- "/,
  },
  { says: 'no to', doc: withSpec({ egress: [{}] }), path: `${rule}/to`, reason: /missing/, fix: /write to/ },
  {
    says: 'an empty to',
    doc: withSpec({ egress: [{ to: [] }] }),
    path: `${rule}/to`,
    reason: /empty/,
    fix: /remove the rule/,
  },
  {
    says: 'both fqdn and cidr',
    doc: withRule({ to: [{ fqdn: { matchName: 'a' }, cidr: '192.0.2.0/24' }] }),
    path: `${rule}/to/0`,
    reason: /both/,
    fix: /two entries/,
  },
  {
    says: 'neither fqdn nor cidr',
    doc: withRule({ to: [{}] }),
    path: `${rule}/to/0`,
    reason: /neither/,
    fix: /fqdn:.*cidr:/,
  },
  {
    says: 'both name and pattern',
    doc: withRule({ to: [{ fqdn: { matchName: 'a', matchPattern: 'b' } }] }),
    path: `${rule}/to/0/fqdn`,
    reason: /both/,
    fix: /keep one/,
  },
  {
    says: 'neither name nor pattern',
    doc: withRule({ to: [{ fqdn: {} }] }),
    path: `${rule}/to/0/fqdn`,
    reason: /neither/,
    fix: /matchName/,
  },
  {
    says: 'a wildcard in a name',
    doc: withRule({ to: [{ fqdn: { matchName: '*.a' } }] }),
    path: `${rule}/to/0/fqdn/matchName`,
    reason: /wildcard/,
    fix: /matchPattern: "\*\.a"/,
  },
  {
    says: 'a name that is not ASCII',
    doc: withRule(to('bücher.example')),
    path: `${rule}/to/0/fqdn/matchName`,
    reason: /not ASCII/,
    fix: /xn--bcher-kva/,
  },
  {
    says: 'a name given twice',
    doc: withRule(to('a.example', 'b.example', 'A.example.')),
    path: `${rule}/to/2`,
    reason: /repeats entry 0/,
    fix: /remove/,
  },
  {
    says: 'a pattern given twice in two ways',
    doc: withRule(to('**.a', '***.A.')),
    path: `${rule}/to/1`,
    reason: /repeats/,
    fix: /remove/,
  },
  {
    says: 'host bits',
    doc: withRule(to('192.0.2.7/24')),
    path: `${rule}/to/0/cidr`,
    reason: /bits set/,
    fix: /write 192\.0\.2\.0\/24, or 192\.0\.2\.7\/32/,
  },
  {
    says: 'an address without length',
    doc: withRule({ to: [{ cidr: '2001:db8::1' }] }),
    path: `${rule}/to/0/cidr`,
    reason: /no prefix length/,
    fix: /2001:db8::1\/128/,
  },
  {
    says: 'a length too large',
    doc: withRule(to('192.0.2.0/33')),
    path: `${rule}/to/0/cidr`,
    reason: /over 32/,
    fix: /0 to 32/,
  },
  {
    says: 'IPv4 as IPv6',
    doc: withRule(to('::ffff:192.0.2.0/120')),
    path: `${rule}/to/0/cidr`,
    reason: /written as IPv6/,
    fix: /192\.0\.2\.0\/24/,
  },
  {
    says: 'no CIDR at all',
    doc: withRule(to('192.0.2/24')),
    path: `${rule}/to/0/cidr`,
    reason: /not a CIDR/,
    fix: /192\.0\.2\.0\/24/,
  },
  { says: 'empty ports', doc: withRule({ ports: [] }), path: `${rule}/ports`, reason: /empty/, fix: /leave ports out/ },
  {
    says: 'an empty port',
    doc: withRule({ ports: [{}] }),
    path: `${rule}/ports/0`,
    reason: /empty/,
    fix: /protocol and port/,
  },
  {
    says: 'a port given twice',
    doc: withRule({ ports: [{ port: 1 }, { protocol: 'TCP', port: 1 }] }),
    path: `${rule}/ports/1`,
    reason: /repeats/,
    fix: /remove/,
  },
  {
    says: 'a range reversed',
    doc: withRule({ ports: [{ port: 9, endPort: 3 }] }),
    path: `${rule}/ports/0/endPort`,
    reason: /reversed/,
    fix: /port: 3, endPort: 9/,
  },
  {
    says: 'endPort without port',
    doc: withRule({ ports: [{ endPort: 3 }] }),
    path: `${rule}/ports/0/endPort`,
    reason: /without port/,
    fix: /write port/,
  },
  {
    says: 'ICMP with a port',
    doc: withRule({ ports: [{ protocol: 'ICMP', port: 8 }] }),
    path: `${rule}/ports/0/port`,
    reason: /no ports/,
    fix: /remove/,
  },
  {
    says: 'port 0',
    doc: withRule({ ports: [{ port: 0 }] }),
    path: `${rule}/ports/0/port`,
    reason: /too small/,
    fix: /at least 1/,
  },
  {
    says: 'port 65536',
    doc: withRule({ ports: [{ port: 65536 }] }),
    path: `${rule}/ports/0/port`,
    reason: /too large/,
    fix: /at most 65535/,
  },
  {
    says: 'a port in quotes',
    doc: withRule({ ports: [{ port: '443' }] }),
    path: `${rule}/ports/0/port`,
    reason: /is text/,
    fix: /443 without quotes/,
  },
  {
    says: 'In without values',
    doc: withSpec({ podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
    path: 'spec/podSelector/matchExpressions/0/values',
    reason: /needs values/,
    fix: /Exists/,
  },
  {
    says: 'Exists with values',
    doc: withSpec({ podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }),
    path: 'spec/podSelector/matchExpressions/0/values',
    reason: /no values/,
    fix: /In/,
  },
  {
    says: 'a duration without unit',
    doc: withSpec({ dns: { idleWindow: '30' } }),
    path: 'spec/dns/idleWindow',
    reason: /not a duration/,
    fix: /"30s"/,
  },
  {
    says: 'a duration over a year',
    doc: withSpec({ dns: { idleWindow: '9000h' } }),
    path: 'spec/dns/idleWindow',
    reason: /year/,
    fix: /8760h/,
  },
  {
    says: 'floor over ceiling',
    doc: withSpec({ dns: { ttl: { floor: '2m', ceiling: '90s' } } }),
    path: 'spec/dns/ttl/floor',
    reason: /above ceiling/,
    fix: /at most 90s/,
  },
  {
    says: 'too many selectors',
    doc: withSpec({ egress: [0, 1].map((r) => to(...many(600, (at) => `n${at}.r${r}.example`))) }),
    path: 'spec',
    reason: /1200 selectors/,
    fix: /split.*1000/,
  },
  {
    says: 'too many CIDRs',
    doc: withSpec({ egress: [0, 1].map((r) => to(...many(600, (at) => `10.${r}.${at >> 8}.${at & 255}/32`))) }),
    path: 'spec',
    reason: /1200 CIDRs/,
    fix: /split/,
  },
  {
    says: 'too many entries',
    doc: withRule(to(...many(1001, (at) => `n${at}.example`))),
    path: `${rule}/to`,
    reason: /too long/,
    fix: /1000 entries/,
  },
  {
    says: 'too many ports',
    doc: withRule({ ports: many(17, String).map((_, at) => ({ port: at + 1 })) }),
    path: `${rule}/ports`,
    reason: /too long/,
    fix: /16 entries/,
  },
  {
    says: 'a pod without UID',
    doc: { ...pod('a', '192.0.2.1'), metadata: { name: 'a' } },
    path: 'metadata/uid',
    reason: /missing/,
    fix: /UID/,
  },
  {
    says: 'a pod with a bad address',
    doc: pod('a', '192.0.2'),
    path: 'status/podIPs/0/ip',
    reason: /not an IP/,
    fix: /192\.0\.2\.1/,
  },
  {
    says: 'a config with a namespace',
    doc: { ...config(), metadata: { name: 'a', namespace: 'b' } },
    path: 'metadata/namespace',
    reason: /no namespace/,
    fix: /remove/,
  },
  {
    says: 'a resolver given twice',
    doc: config({ resolvers: [{ address: '192.0.2.1' }, { address: '192.0.2.1', port: 53 }] }),
    path: 'spec/resolvers/1',
    reason: /repeats/,
    fix: /remove/,
  },
  {
    says: 'a resolver by name',
    doc: config({ resolvers: [{ address: 'dns.example' }] }),
    path: 'spec/resolvers/0/address',
    reason: /not an IP/,
    fix: /write/,
  },
  {
    says: 'a bad range',
    doc: config({ ranges: { cluster: ['10.0.0.1/8'] } }),
    path: 'spec/ranges/cluster/0',
    reason: /bits set/,
    fix: /10\.0\.0\.0\/8/,
  },
];

for (const { says, doc, path, reason, fix } of ROWS) {
  test(`refused: ${says}`, () => {
    const result = validate(doc);
    assert.ok(!result.ok);
    const found = result.errors.find((error) => error.path.join('/') === path);
    assert.ok(found, JSON.stringify(result));
    assert.match(found.reason, reason);
    assert.match(found.fix, fix);
  });
}

test('every error of a document is reported at once', () => {
  const result = validate(withSpec({ egres: [], strictDeny: 'yes', egressDeny: [{ to: [] }] }));
  assert.equal(result.ok ? 0 : result.errors.length, 3);
});
