/** Asks first, then lets the kernel decide, and compares. */
import assert from 'node:assert/strict';
import { NwReason, reasonName } from '@namewall/datapath';
import { Verdict } from '@namewall/protocol';
import { mapped, parse } from '../../../datapath/test/packets/frames.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, RULESET, type World, rule } from '../../../datapath/test/packets/world.ts';
import { asked, frameOf } from './asking.ts';
import { ICMP_ECHO, type Sent } from './sent.ts';

/** Counted beside the outcome. */
const BESIDE: ReadonlySet<string> = new Set([
  'REPLY_REFUSED',
  'REPLY_RESET',
  'REPLY_UNREACHABLE',
  'QUERY_AUDIT_REFUSE',
  'PASS_AUDIT_DENY',
]);
const RCODES = ['NOERROR', '', '', 'NXDOMAIN', '', 'REFUSED'];

/** Lives, or expired: minutes from now. */
export function learn(
  world: World,
  address: string,
  ...entries: readonly (readonly [handle: number, minutes: bigint])[]
): void {
  const now = process.hrtime.bigint() + (world.maps.config.get(0)?.clockOffset ?? 0n);
  const pad = <T>(values: readonly T[], zero: T): T[] => [...values, ...Array<T>(8 - values.length).fill(zero)];
  world.maps.learned.set(
    { endpoint: ENDPOINT, address: mapped(address) },
    {
      state: 0,
      used: 0n,
      handles: pad(
        entries.map(([handle]) => handle),
        0,
      ),
      expires: pad(
        entries.map(([, minutes]) => now + minutes * MINUTE),
        0n,
      ),
      names: pad([], 0n),
    },
  );
}

export function cidr(
  world: World,
  address: string,
  length: number,
  rows: Parameters<typeof rule>[0],
  number = RULESET,
): void {
  const bits = address.includes(':') ? length : 96 + length;
  world.maps.cidrs.set({ prefixLength: 32 + bits, ruleset: number, address: mapped(address) }, rule(rows));
}

let sourcePort = 20_000;

/** A connection to a resolver that is let through. */
const isOpening = ({ address, port, protocol }: Sent, reason: number): boolean =>
  address === RESOLVER && port === 53 && protocol === 6 && (reason === 0 || reason === NwReason.QUERY_UNFILTERED);

/** Asks, sends, compares. @returns the reason */
export function agree(world: World, one: Sent): string {
  const { protocol = 6, port = protocol === ICMP_ECHO ? 0 : 443 } = one;
  const sent = one.address === undefined ? one : { ...one, protocol, port };
  const told = asked(world, sent);
  const outcome = world.run('pod_out', frameOf(sent, ++sourcePort));
  const reasons = outcome.counted.filter((name) => !BESIDE.has(name));
  const shown = `${JSON.stringify(sent)} told ${told.reason} (${told.why}), counted ${outcome.counted.join(' ')}`;
  const expected = reasonName(told.reasonNumber);
  // Over TCP the first packet says nothing yet: each question is counted.
  const opening = isOpening(sent, told.reasonNumber);
  assert.ok(opening ? reasons.length === 0 : reasons.some((reason) => reason === expected), shown);
  assert.equal(told.verdict === Verdict.VERDICT_REFUSED, outcome.action !== ACTION.PASS, shown);
  const auditCounted = outcome.counted.some((name) => name === 'QUERY_AUDIT_REFUSE' || name === 'PASS_AUDIT_DENY');
  assert.equal(told.audit?.refused ?? false, auditCounted, shown);
  if (outcome.counted.includes('REPLY_REFUSED')) {
    const [, , , flags = 0] = parse(outcome.frame).segment.subarray(8);
    assert.equal(told.rcode, RCODES[flags & 15], shown);
  }
  assert.notEqual(told.why, '', shown);
  assert.equal(told.steps?.filter(({ decides }) => decides).length, 1, shown);
  return told.reason;
}
