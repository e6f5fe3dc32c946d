/** Which policies stand behind an event: pure, from the ruleset that was in force. */
import { type Event, NwReason, NwRowFlag } from '@namewall/datapath';
import type { PolicyRef, Ruleset } from '@namewall/protocol';

type PortRow = Ruleset['names'][number]['rows'][number];
type Packet = Pick<Event, 'reason' | 'handle' | 'precedence' | 'protocol' | 'remote' | 'remotePort'>;

/** Verdicts that one row or rule decided; every other one is the ruleset's as a whole. */
const BY_NAME: ReadonlySet<number> = new Set([NwReason.PASS_NAME, NwReason.DENY_NAME]);
const BY_CIDR: ReadonlySet<number> = new Set([NwReason.PASS_CIDR, NwReason.DENY_CIDR]);
const BY_QUERY: ReadonlySet<number> = new Set([
  NwReason.QUERY_ALLOWED,
  NwReason.QUERY_EXPANSION,
  NwReason.QUERY_DENIED,
]);

function fits(row: PortRow, { precedence, protocol, remotePort }: Packet): boolean {
  if (row.precedence !== precedence) return false;
  if (row.protocol === 0) return true;
  return row.protocol === protocol && row.portFirst <= remotePort && remotePort <= row.portLast;
}

/** Whether the first `length` bits of two addresses are equal. */
function covers(prefix: Uint8Array, length: number, address: Uint8Array): boolean {
  for (let bit = 0; bit < length; bit += 8) {
    const mask = length - bit >= 8 ? 0xff : (0xff << (8 - (length - bit))) & 0xff;
    if (((prefix[bit / 8] ?? 0) & mask) !== ((address[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

function decidingRows(
  packet: Packet,
  ruleset: Ruleset,
  selectorOf: (handle: number) => string | undefined,
): readonly PortRow[] {
  if (BY_CIDR.has(packet.reason)) {
    const covering = ruleset.cidrs.filter(({ prefix, prefixLength }) => covers(prefix, prefixLength, packet.remote));
    const longest = covering.toSorted((a, b) => b.prefixLength - a.prefixLength)[0];
    return longest?.rows.filter((row) => fits(row, packet)) ?? [];
  }
  const selector = selectorOf(packet.handle);
  const rows = ruleset.names.find((name) => name.selector === selector)?.rows ?? [];
  if (BY_NAME.has(packet.reason)) return rows.filter((row) => fits(row, packet));
  const denied = packet.reason === NwReason.QUERY_DENIED;
  return rows.filter(({ flags }) => ((flags & NwRowFlag.DENY) !== 0) === denied);
}

/** In the ruleset's order, each once; of a verdict that no single row gave, all policies that select the pod. */
export function explain(
  packet: Packet,
  ruleset: Ruleset | undefined,
  selectorOf: (handle: number) => string | undefined,
): PolicyRef[] {
  if (ruleset === undefined) return [];
  const byRow = BY_NAME.has(packet.reason) || BY_CIDR.has(packet.reason) || BY_QUERY.has(packet.reason);
  if (!byRow) return [...ruleset.policies];
  const indices = new Set(decidingRows(packet, ruleset, selectorOf).map(({ policy }) => policy));
  return ruleset.policies.filter((_, i) => indices.has(i));
}
