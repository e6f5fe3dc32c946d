/** What `explain` is asked about: NAME, ADDRESS, with a port or without. */
import { NameError, ValueError, nameToWire, parseAddress } from '@namewall/policy';
import { CliError } from './errors.ts';

export interface Asked {
  /** '' when an address is given. */
  readonly name: string;
  /** Empty when a name is given. */
  readonly address: Uint8Array;
  /** 0 = none given. */
  readonly port: number;
}

const NO_ADDRESS = new Uint8Array();
const PORT_MAX = 65535;

function portOf(text: string | undefined, whole: string): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= PORT_MAX) return port;
  throw new CliError(`"${whole}" has port "${text}"`, `write a port from 1 to ${PORT_MAX}`, 2);
}

function addressOf(text: string): Uint8Array | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** `api.example.com`, `api.example.com:443`, `203.0.113.9:443`, `2001:db8::1`, `[2001:db8::1]:443` */
export function parseTarget(text: string): Asked {
  const bare = addressOf(text);
  if (bare !== undefined) return { name: '', address: bare, port: 0 };
  const [, bracketed, ipv6Port] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  const [, before = text, port] = bracketed === undefined ? (/^([^:]*):(.*)$/.exec(text) ?? []) : [];
  const address = addressOf(bracketed ?? before);
  if (address !== undefined) return { name: '', address, port: portOf(ipv6Port ?? port, text) };
  if (bracketed !== undefined || before.includes('/') || (port?.includes(':') ?? false)) {
    throw new CliError(
      `"${text}" is neither a name nor an address`,
      'write NAME, NAME:PORT, 192.0.2.1:443 or [2001:db8::1]:443',
      2,
    );
  }
  checkName(before);
  return { name: before, address: NO_ADDRESS, port: portOf(port, text) };
}

function checkName(text: string): void {
  try {
    nameToWire(text);
  } catch (cause) {
    if (!(cause instanceof NameError)) throw cause;
    throw new CliError(cause.message, 'give a DNS name such as api.example.com', 2, { cause });
  }
}
