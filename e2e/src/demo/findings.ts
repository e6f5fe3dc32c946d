import { type Ledger, type LedgerReport, isWhole } from '../lab/ledger.ts';
import type { Namewall } from '../lab/namewall.ts';
import type { Pod } from '../lab/pod.ts';
import { type Connection, type Lookup, fetchFrom, lookUp } from '../lab/probes.ts';
import type { Finding } from './board.ts';

/** A web page comes, by name or by address. */
export async function serves(pod: Pod, host: string, ...extra: string[]): Promise<Finding> {
  const { result, body, time } = await fetchFrom(pod, host, extra);
  return { held: result === 'open', seen: result === 'open' ? `${body}, ${time.toFixed(1)} ms` : result };
}

/** A connection fails at once, in the given way. */
export async function fails(pod: Pod, host: string, how: Connection, ...extra: string[]): Promise<Finding> {
  const { result, time } = await fetchFrom(pod, host, extra);
  return { held: result === how && time < AT_ONCE, seen: `${result} after ${time.toFixed(1)} ms` };
}

/** A name is refused at once. */
export async function refuses(pod: Pod, name: string, type = 'A', ...extra: string[]): Promise<Finding> {
  const answer = await lookUp(pod, name, type, extra);
  return { held: answer.rcode === 'REFUSED' && answer.time < AT_ONCE, seen: describe(answer) };
}

/** An answer is cut over UDP, asked for again over TCP and then whole; the last address that it names is reached. */
export async function retriesOverTcp(pod: Pod, name: string): Promise<Finding> {
  const cut = await lookUp(pod, name, 'AAAA', ['+ignore']);
  const whole = await lookUp(pod, name, 'AAAA');
  const { result } = await fetchFrom(pod, `[${whole.addresses.at(-1)}]`);
  return {
    held: cut.addresses.length < whole.addresses.length && result === 'open',
    seen: `${cut.addresses.length} addresses over UDP, ${whole.addresses.length} over TCP; the last is ${result}`,
  };
}

/** `namewallctl explain` gives this answer for the pod; what is seen is its reason. */
export async function explains(
  namewall: Namewall,
  pod: Pod,
  what: string,
  answer: 'allowed' | 'denied',
): Promise<Finding> {
  const { code, stdout, stderr } = await namewall.runCtl('explain', `default/${pod.name}`, what);
  const why = /^why: +(.*)$/m.exec(stdout)?.[1];
  return { held: code === (answer === 'allowed' ? 0 : 1) && stdout.startsWith(answer), seen: why ?? stderr.trim() };
}

/** All findings must hold; the last word is the first that does not, else all of them. */
export async function all(...findings: readonly Promise<Finding>[]): Promise<Finding> {
  const made = await Promise.all(findings);
  const failed = made.find(({ held }) => !held);
  return failed ?? { held: true, seen: made.map(({ seen }) => seen).join('; ') };
}

/** Milliseconds below which nobody waits: far under the second that a retry would take. */
const AT_ONCE = 500;

const describe = ({ rcode, time, extendedError }: Lookup): string =>
  `dig: ${rcode} in ${time} ms${extendedError ? `, ${extendedError}` : ''}`;

/** The watched connection still carries numbers, and none is missing. */
export async function goesOn(ledger: Ledger): Promise<Finding> {
  await ledger.advance(20);
  const { near, far } = await ledger.report();
  return { held: near.open && far.open && near.wrong + far.wrong === 0, seen: counts({ near, far }) };
}

/** Closes it and compares both ends. */
export async function wasWhole(ledger: Ledger): Promise<Finding> {
  const report = await ledger.finish();
  return { held: isWhole(report), seen: counts(report) };
}

const counts = ({ near, far }: LedgerReport): string =>
  `pod ${near.sent} sent, ${near.received} got; server ${far.sent} sent, ${far.received} got; ` +
  `${near.wrong + far.wrong} out of order${near.error ? `; ${near.error}` : ''}`;
