import { clusterPolicy, config, namespace, pod, to } from '../../testing.ts';
import { base, many, withRule, withSpec } from './documents.ts';

/** A document that validate() accepts as it is. */
export interface Accepted {
  readonly says: string;
  readonly doc: unknown;
}

const cidrs = (...texts: readonly string[]) => withRule({ to: texts.map((cidr) => ({ cidr })) });
const names = (count: number, at: number) => many(count, (n) => `n${n}.r${at}.example`);
const ranges = (count: number, at: number) => many(count, (n) => `10.${at}.${n >> 8}.${n & 255}/32`);

const everyField = {
  podSelector: {
    matchLabels: { app: 'a' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['x', 'y'] },
      { key: 'example.com/role', operator: 'DoesNotExist' },
    ],
  },
  enforcementMode: 'Audit',
  egress: [
    { ...to('a.example', '*.b.example', '192.0.2.0/24'), ports: [{ protocol: 'UDP', port: 443, endPort: 444 }] },
  ],
  egressDeny: [to('**.evil.example')],
  strictDeny: true,
  dns: { queries: 'All', rejectWith: 'NXDomain', ttl: { floor: '30s', grace: '1m', ceiling: '24h' }, idleWindow: '5m' },
  connections: { rejectWith: 'Silent', cutFlows: 'OnClose' },
} as const;

export const ACCEPTED: readonly Accepted[] = [
  { says: 'nothing but podSelector', doc: base },
  { says: 'ICMP, a range of ports', doc: withRule({ ports: [{ protocol: 'ICMP' }, { port: 1, endPort: 9 }] }) },
  { says: 'the last port', doc: withRule({ ports: [{ protocol: 'SCTP', port: 65535 }] }) },
  { says: 'a port of two protocols', doc: withRule({ ports: [{ port: 53 }, { protocol: 'UDP', port: 53 }] }) },
  { says: 'every field', doc: withSpec(everyField) },
  {
    says: 'every field of the cluster kind',
    doc: { ...clusterPolicy('p', {}), spec: { namespaceSelector: {}, ...everyField } },
  },
  { says: 'no rule', doc: withSpec({ egress: [], egressDeny: [] }) },
  { says: 'names as people write them', doc: withRule(to('API.Example.', '_sip._tcp.example', '-_-.example', 'a')) },
  { says: 'patterns', doc: withRule(to('*', '**.example', '*.s3.*.example', 'a*b.example', '_*._tcp.example.')) },
  { says: 'a label of 63 characters', doc: withRule(to(`${'a'.repeat(63)}.example`, `*${'a'.repeat(63)}*.example`)) },
  { says: 'a name of 253', doc: withRule(to(`${`${'a'.repeat(49)}.`.repeat(5)}abc`)) },
  {
    says: 'CIDRs at their ends',
    doc: cidrs('0.0.0.0/0', '::/0', '192.0.2.1/32', '2001:db8::1/128', '2001:DB8:1::/48'),
  },
  { says: 'nothing at all of a duration', doc: withSpec({ dns: { idleWindow: '0s' } }) },
  { says: 'a duration of parts', doc: withSpec({ dns: { idleWindow: '1h30m10s250ms' } }) },
  { says: 'a duration of a year', doc: withSpec({ dns: { idleWindow: '8760h' } }) },
  { says: 'a year in milliseconds', doc: withSpec({ dns: { idleWindow: '31536000000ms' } }) },
  { says: 'floor at ceiling', doc: withSpec({ dns: { ttl: { floor: '90s', ceiling: '1m30s' } } }) },
  { says: 'as many selectors as may be', doc: withSpec({ egress: [0, 1].map((r) => to(...names(500, r))) }) },
  { says: 'as many CIDRs as may be', doc: withSpec({ egressDeny: [0, 1].map((r) => to(...ranges(500, r))) }) },
  { says: 'as many rules as may be', doc: withSpec({ egress: many(64, String).map((n) => to(`n${n}.example`)) }) },
  { says: 'as many ports as may be', doc: withRule({ ports: many(16, String).map((n) => ({ port: Number(n) + 1 })) }) },
  { says: 'a configuration', doc: config() },
  { says: 'a namespace', doc: namespace('a', {}) },
  {
    says: 'a pod, with fields that are not ours',
    doc: { ...pod('a', '192.0.2.1', { spec: { dnsPolicy: 'None' } }), unknown: { x: 1 } },
  },
];
