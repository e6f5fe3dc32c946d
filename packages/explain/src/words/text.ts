/** Rows, selectors, policies, spans in words. */
import { formatAddress, formatCidr } from '@namewall/policy/names';
import type { PolicyRef } from '@namewall/protocol';
import type { Candidate } from '../decide/rows.ts';
import type { LearnedIdentity, PortRow, Rules } from '../facts.ts';

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;
const NS_PER_MS = 1_000_000n;

/** The two largest units that are not 0: `1h30m`, `59s`; below a second `0s`. Negative: `expired 5s ago`. */
export function formatSpan(ms: bigint | number): string {
  const total = Math.trunc(Number(ms) / 1000);
  if (total < 0) return `expired ${formatSpan(-total * 1000)} ago`;
  let left = total;
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const n = Math.floor(left / seconds);
    left -= n * seconds;
    if (n > 0 && parts.length < 2) parts.push(`${n}${unit}`);
    else if (parts.length === 1) break;
  }
  return parts.join('') || '0s';
}

export const spanOf = (nanoseconds: bigint): string => formatSpan(nanoseconds / NS_PER_MS);

export const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function formatNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A canonical selector as a policy writes it. */
export const selectorText = (canonical: string): string => canonical.replace(/^v1\|[np]\|/, '');

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };
export const protocolName = (protocol: number): string => PROTOCOLS[protocol] ?? `protocol ${protocol}`;
const PORT_MAX = 65535;
const PORTLESS: ReadonlySet<number> = new Set([1, 58]);
export const hasPorts = (protocol: number): boolean => protocol === 6 || protocol === 17 || protocol === 132;

/** `TCP 203.0.113.9:443`, `ICMP 203.0.113.9`, `UDP [2001:db8::1]:53` */
export function peerText(address: Uint8Array, protocol: number, port: number): string {
  const text = formatAddress(address);
  if (!hasPorts(protocol)) return `${protocolName(protocol)} ${text}`;
  return `${protocolName(protocol)} ${text.includes(':') ? `[${text}]` : text}:${port}`;
}

/** `any port`, `TCP/443`, `UDP/8000-8999`, `ICMP` */
export function portsText({ protocol, portFirst, portLast }: PortRow): string {
  if (protocol === 0) return 'any port';
  const name = protocolName(protocol);
  if (PORTLESS.has(protocol)) return name;
  if (portFirst === 0 && portLast === PORT_MAX) return `any ${name} port`;
  return portFirst === portLast ? `${name}/${portFirst}` : `${name}/${portFirst}-${portLast}`;
}

/** `203.0.113.0/24 on TCP/443`, `*.example.com on any port` */
export function ruleText({ row, origin }: Candidate): string {
  const what = origin.kind === 'cidr' ? formatCidr(origin.cidr) : selectorText(origin.selector);
  return `${what} on ${portsText(row)}`;
}

export const verb = ({ flags }: PortRow): string => ['allows', 'denies', 'would allow', 'would deny'][flags & 3] ?? '';

export function describeRow(candidate: Candidate): string {
  return `${verb(candidate.row)} ${ruleText(candidate)}`;
}

/** Decision 19: the slot of the name may have been given to another answer. */
export function nameText({ name, selector }: Pick<LearnedIdentity, 'name' | 'selector'>): string {
  if (name !== '') return name;
  return selector === '' ? 'a name no longer kept' : `${selectorText(selector)} (name no longer kept)`;
}

export function describeIdentities(learned: readonly LearnedIdentity[], time: bigint): string {
  if (learned.length === 0) return 'never learned';
  return learned
    .map((identity) => {
      const { selector, name, expires } = identity;
      const by =
        name !== '' && selectorText(selector) !== name && selector !== '' ? ` by ${selectorText(selector)}` : '';
      const when = expires > time ? `for ${spanOf(expires - time)} more` : `expired ${spanOf(time - expires)} ago`;
      return `${nameText(identity)}${by}, ${when}`;
    })
    .join('; ');
}

export const policyText = ({ namespace, name }: PolicyRef): string =>
  namespace === '' ? `cluster policy ${name}` : `${namespace}/${name}`;

/** Of rows, in the ruleset's order, each once; [] where the pins do not say. */
export function policiesOf(rules: Rules | undefined, rows: readonly PortRow[]): PolicyRef[] {
  const indices = new Set(rows.map(({ policy }) => policy));
  return (rules?.policies ?? []).filter((_, at) => indices.has(at));
}

/** `policy shop/checkout`, `policies shop/a, shop/b`, `cluster policy base` */
export function policyList(policies: readonly PolicyRef[]): string {
  const [first] = policies;
  if (first === undefined) return 'a policy that the pins do not name';
  if (policies.length === 1) return first.namespace === '' ? policyText(first) : `policy ${policyText(first)}`;
  const own = policies.filter(({ namespace }) => namespace !== '');
  const names = [...own, ...policies.filter(({ namespace }) => namespace === '')].map(policyText);
  return own.length > 0 ? `policies ${names.join(', ')}` : names.join(', ');
}
