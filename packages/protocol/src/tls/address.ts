import { ProtocolError } from '../errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export function isTls(address: string): boolean {
  return address.startsWith('tls:');
}

/** @returns host and port of `tls:HOST:PORT` or `tls:[IPV6]:PORT`. @throws ProtocolError BAD_ADDRESS */
export function hostPort(address: string): HostPort {
  const [, bracketed, plain, digits] = /^tls:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/u.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new ProtocolError(
    'BAD_ADDRESS',
    `address ${address}: is not one for TLS; write tls:HOST:PORT or tls:[IPV6]:PORT`,
  );
}

/** What gRPC resolves, anew for each connection. */
export function dnsTarget({ host, port }: HostPort): string {
  return host.includes(':') ? `ipv6:[${host}]:${port}` : `dns:${host}:${port}`;
}
