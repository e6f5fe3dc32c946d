import type { Outcome } from '../lab/command.ts';
import { builtAs, sourceOf } from './build.ts';

/** What a client made of one name. */
export interface Result {
  readonly found: boolean;
  /** Its own words; addresses where it found some. */
  readonly text: string;
  /** Milliseconds by the client's own clock; by ours for dig and kdig, and for what was ended by us. */
  readonly elapsed: number;
}

export interface Client {
  readonly name: string;
  /** Asks once. `search`: the pod has a search list, and a client that must be told to use it is told. */
  readonly argv: (name: string, search: boolean) => string[];
  readonly read: (outcome: Outcome) => Result;
}

const SILENT = 'no answer';

/** One line: milliseconds, "found" or "failed", addresses or the error. */
function readProgram({ stdout, stderr, duration, code }: Outcome): Result {
  const line = /^([\d.]+) (found|failed) (.*)/.exec(stdout);
  if (line) return { found: line[2] === 'found', text: line[3] ?? '', elapsed: Number(line[1]) };
  if (code !== null) throw new Error(`a client ended with ${code} and said: ${stdout}${stderr}`);
  return { found: false, text: SILENT, elapsed: duration };
}

/** The status of the last message, and the extended error as it is shown. */
function readDig({ stdout, stderr, duration, code }: Outcome): Result {
  const status = [...stdout.matchAll(/status: (\w+)/g)].at(-1)?.[1];
  const answers = [...stdout.matchAll(/^\S+\s+\d+\s+IN\s+A\s+(\S+)$/gm)].map((match) => match[1]);
  const extended = /EDE: .*/.exec(stdout)?.[0];
  if (status === undefined && code !== null && !/timed out|no servers|failed to query/.test(stdout + stderr)) {
    throw new Error(`a client ended with ${code} and said: ${stdout}${stderr}`);
  }
  if (answers.length > 0) return { found: true, text: answers.join(' '), elapsed: duration };
  return { found: false, text: [status ?? SILENT, extended].filter(Boolean).join(', '), elapsed: duration };
}

const program = (name: string, ...argv: string[]): Client => ({
  name,
  argv: (asked) => [...argv, asked],
  read: readProgram,
});

/** Clients that ask over TCP when resolv.conf says `use-vc`, or they are told to; musl knows no such option. */
export const asksOverTcp = ({ name }: Client): boolean => name !== 'musl getaddrinfo';

/** The argv with dig and kdig told to ask over TCP. */
export const overTcp = (argv: readonly string[]): string[] =>
  argv.flatMap((word) => (/^k?dig$/.test(word) ? [word, '+tcp'] : word));

export const CLIENTS: readonly Client[] = [
  { name: 'dig', argv: (asked, search) => ['dig', search ? '+search' : '+nosearch', asked], read: readDig },
  { name: 'kdig', argv: (asked) => ['kdig', '+edns', asked], read: readDig },
  program('glibc getaddrinfo', builtAs('glibc')),
  program('musl getaddrinfo', builtAs('musl')),
  program('Go net.LookupHost', builtAs('go')),
  program('Node dns.lookup', process.execPath, sourceOf('lookup.ts'), 'lookup'),
  program('Node dns.resolve (c-ares)', process.execPath, sourceOf('lookup.ts'), 'resolve'),
  program('Java InetAddress', 'java', '-XX:TieredStopAtLevel=1', '-cp', builtAs(''), 'Lookup'),
  program('Python socket.getaddrinfo', 'python3', sourceOf('lookup.py')),
];
