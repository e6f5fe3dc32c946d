/** Values for people. */
import { formatAddress } from '@namewall/policy';

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

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

/** `192.0.2.1:443`, `[2001:db8::1]:443`; no port with 0. */
export function formatPeer(address: Uint8Array, port: number): string {
  if (address.length !== 16) return '';
  const text = formatAddress(address);
  if (port === 0) return text;
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

/** A canonical selector as a policy writes it. */
export function formatSelector(canonical: string): string {
  return canonical.replace(/^v1\|[np]\|/, '');
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB'] as const;

export function formatBytes(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BINARY[unit] ?? ''}`;
}

const QTYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  64: 'SVCB',
  65: 'HTTPS',
  255: 'ANY',
};
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

export const formatQtype = (qtype: number): string => QTYPES[qtype] ?? `TYPE${qtype}`;
export const formatProtocol = (protocol: number): string => PROTOCOLS[protocol] ?? String(protocol);

/** For `-o json`: one line, bigints as numbers where they fit, addresses as text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === 'bigint') return Number.isSafeInteger(Number(field)) ? Number(field) : String(field);
    return octetsToText(field);
  });
}

/** Buffers arrive from JSON.stringify already as {type, data}. */
function octetsToText(field: unknown): unknown {
  if (field instanceof Uint8Array) return octets(field);
  if (typeof field === 'object' && field !== null && 'type' in field && field.type === 'Buffer' && 'data' in field) {
    return octets(Uint8Array.from(field.data as number[]));
  }
  return field;
}

function octets(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  return bytes.length === 16 ? formatAddress(bytes) : Buffer.from(bytes).toString('hex');
}
