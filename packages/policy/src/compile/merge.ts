import { NwQueryFlag, NwRulesetFlag } from '../abi.gen.ts';
import { type Selector, parseSelector } from '../selector.ts';
import { formatCidr } from '../value/cidr.ts';
import { mergeDurations } from './durations.ts';
import type { LoweredPolicy, Row } from './lower.ts';
import { inherit } from './prefixes.ts';
import { ROWS_MAX, mergeRows } from './rows.ts';
import { PATTERNS_PER_SUFFIX_MAX, SuffixCounter } from './suffixes.ts';
import type { CompiledCidrRule, CompiledNameRule, CompiledRow, CompiledRuleset, RejectedPolicy } from './types.ts';

/** A ruleset, or the policy that must go before there can be one. */
export type Merged =
  | { readonly ok: true; readonly ruleset: CompiledRuleset }
  | { readonly ok: false; readonly offender: LoweredPolicy; readonly rejection: RejectedPolicy };

/**
 * Adds up the policies of a pod. Their order decides only which one is rejected when they do not fit
 * together (the first that is too much) and which is named for a row that several have.
 *
 * @param policies at least one, sorted
 * @param internal names that may be asked for wherever names are filtered
 */
export function mergePolicies(policies: readonly LoweredPolicy[], internal: readonly Selector[]): Merged {
  const flags = mergeFlags(policies);
  const filtered = (flags & NwRulesetFlag.FILTER_NAMES) !== 0;
  const asked = filtered || flags & NwRulesetFlag.AUDIT_FILTER_NAMES ? internal : [];
  const names = mergeNames(policies, asked, discovery(flags));
  const cidrs = mergeCidrs(policies);
  const rejected = tooManyPatterns(policies, asked) ?? tooManyRows(policies, names, cidrs);
  if (rejected !== undefined) return rejected;
  const durations = mergeDurations(policies.filter(({ audit }) => !audit).map((policy) => policy.durations));
  return { ok: true, ruleset: { flags, names, cidrs, durations, policies: policies.map(({ ref }) => ref) } };
}

/** The AUDIT_ flags are the same with Audit policies counted in, and there only when there are some. */
function mergeFlags(policies: readonly LoweredPolicy[]): number {
  const enforced = policies.filter(({ audit }) => !audit);
  const hasAudit = enforced.length < policies.length;
  const set: readonly [number, boolean][] = [
    [NwRulesetFlag.ISOLATED, enforced.some(({ isolates }) => isolates)],
    [NwRulesetFlag.FILTER_NAMES, filtersNames(enforced)],
    [NwRulesetFlag.STRICT_DENY, enforced.some(({ strict }) => strict)],
    [NwRulesetFlag.REJECT_NXDOMAIN, enforced.some(({ nxdomain }) => nxdomain)],
    [NwRulesetFlag.REJECT_SILENT, enforced.some(({ silent }) => silent)],
    [NwRulesetFlag.CUT_ON_CLOSE, enforced.length > 0 && enforced.every(({ cutOnClose }) => cutOnClose)],
    [NwRulesetFlag.HAS_AUDIT, hasAudit],
    [NwRulesetFlag.AUDIT_ONLY, hasAudit && enforced.length === 0],
    [NwRulesetFlag.AUDIT_ISOLATED, hasAudit && policies.some(({ isolates }) => isolates)],
    [NwRulesetFlag.AUDIT_FILTER_NAMES, hasAudit && filtersNames(policies)],
  ];
  return set.reduce((flags, [flag, on]) => (on ? flags | flag : flags), 0);
}

/**
 * Discovery of designated resolvers (RFC 9462, section 4) leads clients to encrypted ones, past every rule on
 * names: denied wherever names are filtered, whatever pattern would select it. Audited where they would be.
 */
const DISCOVERY = parseSelector({ matchName: '_dns.resolver.arpa' });

function discovery(flags: number): number {
  if ((flags & NwRulesetFlag.FILTER_NAMES) !== 0) return NwQueryFlag.DENY;
  return (flags & NwRulesetFlag.AUDIT_FILTER_NAMES) === 0 ? 0 : NwQueryFlag.AUDIT_DENY;
}

/** All wins over Matched. */
function filtersNames(policies: readonly LoweredPolicy[]): boolean {
  const says = new Set(policies.map(({ queries }) => queries));
  return says.has('Matched') && !says.has('All');
}

function mergeNames(
  policies: readonly LoweredPolicy[],
  internal: readonly Selector[],
  discovered = 0,
): CompiledNameRule[] {
  const byName = new Map<string, { query: number; rows: CompiledRow[] }>();
  const add = ({ canonical }: Selector, query: number, rows: readonly CompiledRow[]) => {
    const known = byName.get(canonical);
    if (known === undefined) byName.set(canonical, { query, rows: [...rows] });
    else {
      known.query |= query;
      known.rows.push(...rows);
    }
  };
  for (const [policy, { names }] of policies.entries()) {
    for (const { selector, query, rows } of names) add(selector, query, owned(rows, policy));
  }
  for (const selector of internal) add(selector, NwQueryFlag.ALLOW, []);
  if (discovered !== 0) add(DISCOVERY, discovered, []);
  return [...byName]
    .map(([selector, { query, rows }]) => ({ selector, query, rows: mergeRows(rows) }))
    .toSorted((a, b) => (a.selector < b.selector ? -1 : 1));
}

function mergeCidrs(policies: readonly LoweredPolicy[]): CompiledCidrRule[] {
  const entries = policies.flatMap(({ cidrs }, policy) =>
    cidrs.map(({ prefix, rows }) => ({ ...prefix, value: owned(rows, policy) })),
  );
  const inherited = inherit(entries, (values) => mergeRows(values.flat()));
  return inherited.map(({ prefix, prefixLength, value }) => ({ prefix, prefixLength, rows: value }));
}

function owned(rows: readonly Row[], policy: number): CompiledRow[] {
  return rows.map((row) => ({ ...row, policy }));
}

function tooManyPatterns(policies: readonly LoweredPolicy[], internal: readonly Selector[]): Merged | undefined {
  const counter = new SuffixCounter();
  for (const selector of internal) counter.add(selector);
  for (const offender of policies) {
    for (const { selector } of offender.names) {
      const suffix = counter.add(selector);
      if (suffix === undefined) continue;
      const where = suffix === '' ? 'have a wildcard in their last label' : `end in "${suffix}"`;
      const message =
        `more than ${PATTERNS_PER_SUFFIX_MAX} patterns of one pod ${where}: ` +
        'write fewer and wider patterns, names instead of patterns, or patterns with longer ends';
      return { ok: false, offender, rejection: { policy: offender.ref, reason: 'TooManyPatterns', message } };
    }
  }
  return undefined;
}

/** The first policy with which a rule no longer fits. */
function tooManyRows(
  policies: readonly LoweredPolicy[],
  names: readonly CompiledNameRule[],
  cidrs: readonly CompiledCidrRule[],
): Merged | undefined {
  const name = names.find(({ rows }) => rows.length > ROWS_MAX);
  const cidr = cidrs.find(({ rows }) => rows.length > ROWS_MAX);
  if (name === undefined && cidr === undefined) return undefined;
  const crowded = (some: readonly LoweredPolicy[]) =>
    (name === undefined ? mergeCidrs(some) : mergeNames(some, [])).find(({ rows }) => rows.length > ROWS_MAX);
  const at = policies.findIndex((_, index) => crowded(policies.slice(0, index + 1)) !== undefined);
  const offender = policies[at] ?? policies[policies.length - 1];
  if (offender === undefined) return undefined;
  const what = name === undefined ? (cidr === undefined ? '' : formatCidr(cidr)) : name.selector.slice('v1|n|'.length);
  const message =
    `all policies of one pod together give ${what} more than ${ROWS_MAX} port ranges: ` +
    'join ranges with endPort, or leave ports out';
  return { ok: false, offender, rejection: { policy: offender.ref, reason: 'TooManyRows', message } };
}
