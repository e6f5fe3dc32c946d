import type { NamewallConfigSpec } from '../schema/config.ts';
import type { Policy } from '../schema/policy.ts';
import { parseDuration } from '../value/duration.ts';
import type { CompiledDurations, RulesetDurations } from './types.ts';

/** What a policy wants; absent = no say. Nanoseconds. */
export type DurationWishes = Readonly<Partial<RulesetDurations>>;

export function lowerDurations(dns: Policy['spec']['dns']): DurationWishes {
  const wishes: { -readonly [K in keyof RulesetDurations]?: bigint } = {};
  if (dns?.ttl?.floor !== undefined) wishes.ttlFloor = read(dns.ttl.floor);
  if (dns?.ttl?.ceiling !== undefined) wishes.ttlCeiling = read(dns.ttl.ceiling);
  if (dns?.ttl?.grace !== undefined) wishes.ttlGrace = read(dns.ttl.grace);
  if (dns?.idleWindow !== undefined) wishes.idleWindow = read(dns.idleWindow);
  return wishes;
}

/** The largest floor, grace and idle window, the smallest ceiling; a ceiling bounds the floor. */
export function mergeDurations(wishes: readonly DurationWishes[]): RulesetDurations {
  const of = (key: keyof RulesetDurations) => wishes.flatMap((wish) => wish[key] ?? []);
  const largest = (values: readonly bigint[]) => values.reduce((a, b) => (a > b ? a : b), 0n);
  const ceilings = of('ttlCeiling');
  const ttlCeiling = ceilings.reduce((a, b) => (a < b ? a : b), ceilings[0] ?? 0n);
  const floor = largest(of('ttlFloor'));
  return {
    ttlFloor: ttlCeiling !== 0n && floor > ttlCeiling ? ttlCeiling : floor,
    ttlCeiling,
    ttlGrace: largest(of('ttlGrace')),
    idleWindow: largest(of('idleWindow')),
  };
}

export function nodeDurations(durations: NamewallConfigSpec['durations']): CompiledDurations {
  const of = (text: string | undefined) => (text === undefined ? 0n : read(text));
  return {
    ttlFloor: of(durations?.ttlFloor),
    ttlCeiling: of(durations?.ttlCeiling),
    ttlGrace: of(durations?.ttlGrace),
    idleWindow: of(durations?.idleWindow),
    pendingAge: of(durations?.pendingAge),
    tcpIdle: of(durations?.tcpIdle),
    tcpOpening: of(durations?.tcpOpening),
    tcpClosing: of(durations?.tcpClosing),
    udpIdle: of(durations?.udpIdle),
    icmpIdle: of(durations?.icmpIdle),
    grandfather: of(durations?.grandfather),
  };
}

/** On the wire 0 means "the default", so that a written 0s becomes one nanosecond. */
function read(text: string): bigint {
  return parseDuration(text) || 1n;
}
