/** Few names, addresses and ports, so that what policies say, what was learned and what is sent often meet. */
import type { NamewallConfig, Namespace, Pod } from '@namewall/policy';
import type { Question } from '../spec/packet.ts';

/** What a name resolves to, always: its CNAMEs and its addresses. A TTL is half a minute away from whole minutes. */
export interface Zone {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly string[];
  readonly ttl: number;
}

const zone = (name: string, ttl: number, ...addresses: string[]): Zone => ({ name, aliases: [], addresses, ttl });

/** Shared addresses, reserved ones, ones inside the cluster, ones that a translator would turn into others. */
export const ZONES: readonly Zone[] = [
  zone('api.example', 150, '203.0.113.1', '2001:db8:2::1'),
  zone('www.example', 30, '203.0.113.1', '203.0.113.20', '2001:db8:2::1'),
  { ...zone('cdn.example', 330, '203.0.113.20', '2001:db8:3::7'), aliases: ['edge.other.test', 'x.edge.other.test'] },
  zone('evil.example', 150, '203.0.113.1', '203.0.113.66'),
  zone('a.evil.example', 90, '203.0.113.66', '2001:db8:2::66'),
  zone('deep.a.www.example', 630, '198.51.100.7', '198.18.7.7'),
  zone('mail.test', 90, '198.51.100.7', '192.0.2.10'),
  zone('meta.test', 150, '169.254.169.254', '127.0.0.1', '198.18.9.9', '198.51.100.8'),
  zone('nat.test', 150, '64:ff9b::c000:20a', '64:ff9b::c633:6408', '2002:a9fe:a9fe::1'),
  zone('db.shop.svc.cluster.local', 90, '198.18.7.7'),
  zone('api.example.corp.test', 150, '203.0.113.1'),
  zone('_dns.resolver.arpa', 150, '198.51.100.53'),
  zone('x_1-a.example', 150, '203.0.113.20'),
];

/** Selectors. At most eight may select one name, and at most eight the names of one address: the datapath's bounds. */
export const SELECTORS: readonly ({ readonly matchName: string } | { readonly matchPattern: string })[] = [
  { matchName: 'api.example' },
  { matchPattern: '*.example' },
  { matchName: 'WWW.example.' },
  { matchPattern: '**.example' },
  { matchName: 'evil.example' },
  { matchPattern: '**.evil.example' },
  { matchName: 'mail.test' },
  { matchPattern: 'm*.test' },
  { matchPattern: '*' },
  { matchName: 'cdn.example' },
  { matchPattern: '*.test' },
  { matchName: '_dns.resolver.arpa' },
];

export const CIDRS: readonly string[] = [
  '203.0.113.0/24',
  '203.0.113.1/32',
  '203.0.113.0/27',
  '0.0.0.0/0',
  '2001:db8:2::/48',
  '::/0',
  '198.51.100.0/24',
  '198.18.0.0/16',
  '169.254.169.254/32',
  '2001:db8:2::1/128',
  '::/64',
  '192.0.2.0/24',
  '203.0.113.64/26',
  '2001:db8::/32',
];

/** Where packets go: what names stand for, what prefixes hold and miss, the node's own places. */
export const DESTINATIONS: readonly string[] = [
  '203.0.113.1',
  '203.0.113.20',
  '2001:db8:2::1',
  '203.0.113.66',
  '198.51.100.7',
  '198.18.7.7',
  '192.0.2.53',
  '198.18.0.53',
  '203.0.113.200',
  '2001:db8:3::7',
  '2001:db8:2::66',
  '192.0.2.10',
  '169.254.169.254',
  '198.18.9.9',
  '198.51.100.8',
  '2001:db8:5::53',
  '198.19.1.1',
  '2001:db8:77::1',
  '64:ff9b::c633:6408',
  '64:ff9b::c000:20a',
  'fd00:ec2::254',
  '198.51.100.53',
  '::1:1',
  '239.1.2.3',
  '255.255.255.255',
  'ff05::2',
];

export const PORTS: readonly number[] = [443, 80, 53, 853, 8080, 22, 4789, 8079, 65_535, 0];
export const SOURCE_PORTS: readonly number[] = [40_000, 40_001, 53];

const question = (name: string, type: Question['type']): Question => ({ name, type });

/** Questions beside those for the zones. */
export const OTHER_QUESTIONS: readonly Question[] = [
  question('nowhere.example', 'A'),
  question('aPi.eXample', 'TXT'),
  question('1.113.0.203.in-addr.arpa', 'PTR'),
  question('7.7.18.198.in-addr.arpa', 'PTR'),
  question('7.100.51.198.in-addr.arpa', 'PTR'),
  question('7.100.51.198.in-addr.arpa', 'A'),
  question('1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', 'PTR'),
  question('www.example.shop.svc.cluster.local', 'A'),
  question('www.example.corp.test', 'A'),
  question('cluster.local', 'A'),
  question('com', 'A'),
  question('notevil.example', 'AAAA'),
];

export const RESOLVERS: readonly string[] = ['198.18.0.53', '192.0.2.53', '2001:db8:5::53'];

export const NAMESPACES: readonly Namespace[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'web' } } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', labels: { team: 'web' } } },
];

/** The pods; the last one backs a resolver. UIDs are given by whoever runs a case. */
export const PODS: readonly Pod[] = [
  podOf('a', 'shop', ['198.18.4.1', '2001:db8:1::1'], { app: 'a', tier: 'front' }),
  podOf('b', 'bank', ['198.18.4.2'], { app: 'b', tier: 'front' }),
  podOf('c', 'kube-system', ['198.18.4.3', '2001:db8:1::3'], { app: 'a' }),
  podOf('d', 'shop', ['198.18.0.53'], { app: 'a', tier: 'back' }),
];

function podOf(name: string, namespace: string, ips: readonly string[], labels: Record<string, string>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: name, labels },
    spec: name === 'a' ? { dnsConfig: { searches: ['corp.test'] } } : {},
    status: { phase: 'Running', podIPs: ips.map((ip) => ({ ip })) },
  };
}

/** Half a minute apart from whole minutes, by which time goes on: nothing is on the edge. Grace is whole minutes. */
export const DURATIONS = {
  ttlFloor: '30s',
  ttlCeiling: '10m30s',
  ttlGrace: '1m',
  pendingAge: '1m30s',
  tcpIdle: '20m30s',
  tcpOpening: '2m30s',
  tcpClosing: '30s',
  udpIdle: '3m30s',
  icmpIdle: '1m30s',
  grandfather: '5m30s',
} satisfies NonNullable<NamewallConfig['spec']['durations']>;
