/** Values for people. */
import { formatAddress } from '@namewall/policy';

export { formatSpan, protocolName as formatProtocol, selectorText as formatSelector } from '@namewall/explain';

/** `192.0.2.1:443`, `[2001:db8::1]:443`; no port with 0. */
export function formatPeer(address: Uint8Array, port: number): string {
  if (address.length !== 16) return '';
  const text = formatAddress(address);
  if (port === 0) return text;
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
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

export const formatQtype = (qtype: number): string => QTYPES[qtype] ?? `TYPE${qtype}`;

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
