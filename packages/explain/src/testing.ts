/** Facts for tests: a pod that is isolated and whose names are filtered, and one change at a time. */
import { NwPrecedence, NwRowFlag, NwRulesetFlag } from '@namewall/datapath';
import { foldWire, nameToWire, parseAddress } from '@namewall/policy/names';
import type { CidrRule, ConnectionFacts, LearnedIdentity, NameRule, PortRow, QueryFacts, Rules } from './facts.ts';

export const NOW = 1_000_000_000_000n;
export const SECOND = 1_000_000_000n;
const SERVER = '203.0.113.9';

const POLICIES = [
  { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'checkout' },
  { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'base' },
  { kind: 'ClusterFQDNNetworkPolicy', namespace: '', name: 'guard' },
];

export function row(policy: number, change: Partial<PortRow> = {}): PortRow {
  const deny = ((change.flags ?? 0) & NwRowFlag.DENY) !== 0;
  const precedence = deny ? NwPrecedence.CIDR_DENY : NwPrecedence.ALLOW;
  return { precedence, protocol: 0, portFirst: 0, portLast: 65535, flags: 0, policy, ...change };
}

export const tcp = (policy: number, port: number, change: Partial<PortRow> = {}): PortRow =>
  row(policy, { protocol: 6, portFirst: port, portLast: port, ...change });

export function cidr(text: string, prefixLength: number, ...rows: PortRow[]): CidrRule {
  return { prefix: parseAddress(text), prefixLength: text.includes(':') ? prefixLength : 96 + prefixLength, rows };
}

export const named = (selector: string, query: number, ...rows: PortRow[]): NameRule => ({ selector, query, rows });

export function rules(change: Partial<Rules> = {}): Rules {
  const flags = NwRulesetFlag.ISOLATED | NwRulesetFlag.FILTER_NAMES;
  return { number: 3, id: 'ab'.repeat(16), flags, names: [], cidrs: [], policies: POLICIES, ...change };
}

/** @param left nanoseconds until it expires; below 0: since it has */
export function learned(selector: string, name: string, left: bigint): LearnedIdentity {
  return { selector, name, address: parseAddress(SERVER), expires: NOW + left };
}

const pod = (of: Rules | undefined): NonNullable<ConnectionFacts['pod']> => ({ selectedAt: NOW - SECOND, rules: of });
const ROOM = { held: 1, quota: 1024, taken: 1, entries: 16_384 };

export function connectionFacts(of: Rules | undefined, change: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    time: NOW,
    nodeSwitch: 0,
    pod: pod(of),
    resolver: 0,
    learned: [],
    recent: () => [],
    range: 0,
    grandfather: 60n * SECOND,
    flows: ROOM,
    streams: ROOM,
    known: [],
    ...change,
  };
}

export function queryFacts(of: Rules | undefined, change: Partial<QueryFacts> = {}): QueryFacts {
  return { time: NOW, nodeSwitch: 0, pod: pod(of), reverse: false, shorter: [], pending: ROOM, ...change };
}

export const to = (
  port = 443,
  protocol = 6,
  address = SERVER,
): { address: Uint8Array; protocol: number; port: number } => ({
  address: parseAddress(address),
  protocol,
  port,
});

export const ask = (text: string, qtype = 1): { wire: Uint8Array; text: string; qtype: number } => ({
  wire: foldWire(nameToWire(text)),
  text,
  qtype,
});
