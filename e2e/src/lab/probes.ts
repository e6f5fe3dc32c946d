import { PORTS } from './addresses.ts';
import type { Pod } from './pod.ts';

export interface Lookup {
  /** NOERROR, REFUSED, …; `NONE` when nothing came back. */
  readonly rcode: string;
  readonly addresses: readonly string[];
  /** Milliseconds, as dig reports them. */
  readonly time: number;
  /** "Blocked" and its text, when the answer carries an extended error. */
  readonly extendedError: string;
}

/** Asks with dig, once, and waits at most two seconds. */
export async function lookUp(pod: Pod, name: string, type = 'A', extra: readonly string[] = []): Promise<Lookup> {
  const argv = ['dig', '+tries=1', '+time=2', '+nosearch', ...extra, name, type];
  const { stdout } = await pod.exec(argv);
  const answers = [...stdout.matchAll(/^\S+\s+\d+\s+IN\s+(?:A|AAAA)\s+(\S+)$/gm)].map((match) => String(match[1]));
  return {
    rcode: /status: (\w+)/.exec(stdout)?.[1] ?? 'NONE',
    addresses: answers,
    time: Number(/Query time: (\d+) msec/.exec(stdout)?.[1] ?? Number.NaN),
    extendedError: /; EDE: (.*)/.exec(stdout)?.[1] ?? '',
  };
}

export type Connection = 'open' | 'refused' | 'name refused' | 'timed out' | 'unreachable' | `curl ${number}`;

export interface Fetch {
  readonly result: Connection;
  readonly body: string;
  /** Milliseconds from curl's start of the transfer to its end. */
  readonly time: number;
}

/** One HTTP request with curl, by name or by address (IPv6 in brackets). */
export async function fetchFrom(pod: Pod, host: string, extra: readonly string[] = []): Promise<Fetch> {
  const argv = ['curl', '-sv', '--max-time', '3', '-w', '\n%{time_total}', ...extra, `http://${host}:${PORTS.web}/`];
  const { code, stdout, stderr } = await pod.exec(argv);
  const lines = stdout.split('\n');
  return { result: result(code, stderr), body: lines[0] ?? '', time: Number(lines.at(-1)) * 1000 };
}

function result(code: number | null, stderr: string): Connection {
  if (code === 0) return 'open';
  if (code === 6) return 'name refused';
  if (code === 28) return 'timed out';
  if (/refused/i.test(stderr)) return 'refused';
  if (/unreachable|prohibited|No route/i.test(stderr)) return 'unreachable';
  return `curl ${code ?? -1}`;
}
