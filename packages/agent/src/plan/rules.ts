/** A compiled ruleset as entries of the pinned maps. */
import type { CidrKey, Rule, RuleKey, Ruleset as RulesetValue } from '@namewall/datapath';
import type { Ruleset } from '@namewall/protocol';

export interface RulesetEntries {
  readonly value: RulesetValue;
  readonly rules: readonly (readonly [RuleKey, Rule])[];
  readonly cidrs: readonly (readonly [CidrKey, Rule])[];
}

type PortRow = Ruleset['names'][number]['rows'][number];

/** Bits that the ruleset's number takes in an LPM key. */
const NUMBER_BITS = 32;

function rule(rows: readonly PortRow[], query: number): Rule {
  return {
    count: rows.length,
    query,
    rows: rows.map(({ precedence, portFirst, portLast, protocol, flags }) => ({
      precedence,
      portFirst,
      portLast,
      protocol,
      flags,
    })),
  };
}

/** @param handleOf of a canonical selector; every selector of the ruleset has one by now. */
export function planRuleset(number: number, ruleset: Ruleset, handleOf: (selector: string) => number): RulesetEntries {
  const { flags, durations } = ruleset;
  return {
    value: {
      number,
      flags,
      ttlFloor: durations?.ttlFloor ?? 0n,
      ttlCeiling: durations?.ttlCeiling ?? 0n,
      ttlGrace: durations?.ttlGrace ?? 0n,
      idleWindow: durations?.idleWindow ?? 0n,
    },
    rules: ruleset.names.map(({ selector, query, rows }) => [
      { ruleset: number, handle: handleOf(selector) },
      rule(rows, query),
    ]),
    cidrs: ruleset.cidrs.map(({ prefix, prefixLength, rows }) => [
      { prefixLength: NUMBER_BITS + prefixLength, ruleset: number, address: prefix },
      rule(rows, 0),
    ]),
  };
}
