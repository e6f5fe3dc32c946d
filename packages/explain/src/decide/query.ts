/** docs/adr/0003-verdict-order.md for one plain question to a trusted resolver; the order of bpf/lib/query.h. */
import { NwQueryFlag, NwReason, NwRulesetFlag, NwSwitch } from '@namewall/datapath';
import type { NameRule, QueryFacts, QueryQuestion, Rules } from '../facts.ts';
import { plural } from '../words/text.ts';
import { rulesOfName } from './rules.ts';
import { type Look, type Seen, type Step, walk } from './steps.ts';

export interface QueryDecision {
  /** enum nw_reason: what the kernel counts for the question. With the node switched to audit a refusal passes. */
  readonly reason: number;
  readonly steps: readonly Seen[];
  /** Rules of the ruleset whose selectors match. */
  readonly matched: readonly NameRule[];
  /** Rules that select the name less a search suffix, and have a say: denies, and names spelled out. */
  readonly shorter: readonly NameRule[];
  /** Whether the audited policies would refuse what passes; undefined: there are none. */
  readonly audit: boolean | undefined;
}

interface Situation {
  readonly question: QueryQuestion;
  readonly facts: QueryFacts;
  readonly rules: Rules | undefined;
  readonly matched: readonly NameRule[];
  readonly shorter: readonly NameRule[];
}

const PTR = 12;
/** A and AAAA: of other types no name is extended. */
const ADDRESS_TYPES: ReadonlySet<number> = new Set([1, 28]);

export const isRefusal = (reason: number): boolean =>
  (reason >= NwReason.QUERY_NO_RULE && reason <= NwReason.QUERY_TCP_UNSEEN) || reason === NwReason.QUERY_ENCRYPTED;

const has = (rules: Rules | undefined, flag: number): boolean => ((rules?.flags ?? 0) & flag) !== 0;
export const says = ({ query }: NameRule, flags: number): boolean => (query & flags) !== 0;

const textOf = ({ selector }: NameRule): string => selector.slice('v1|n|'.length);
function listOf(rules: readonly NameRule[]): string {
  return rules.length === 0 ? 'none' : rules.map(textOf).join(', ');
}

function nodeSwitch({ facts }: Situation): Look {
  if (facts.nodeSwitch === NwSwitch.OFF) return { found: 'off', reason: NwReason.PASS_SWITCHED_OFF };
  return { found: facts.nodeSwitch === NwSwitch.AUDIT ? 'audit: refusals are reported and passed' : 'on' };
}

function endpoint({ facts }: Situation): Look {
  return facts.pod === undefined ? { found: 'gone', reason: NwReason.DENY_NO_ENDPOINT } : { found: 'attached' };
}

function selected({ rules }: Situation): Look {
  if (rules === undefined) return { found: 'by no policy', reason: NwReason.QUERY_UNFILTERED };
  return { found: rules.policies === undefined ? 'yes' : `by ${plural(rules.policies.length, 'policy', 'policies')}` };
}

function denies({ matched }: Situation): Look {
  const denying = matched.filter((rule) => says(rule, NwQueryFlag.DENY));
  return { found: listOf(denying), reason: denying.length > 0 ? NwReason.QUERY_DENIED : undefined };
}

function filtered({ rules }: Situation): Look {
  if (!has(rules, NwRulesetFlag.FILTER_NAMES)) return { found: 'no', reason: NwReason.QUERY_UNFILTERED };
  return { found: 'yes: only names that a rule selects' };
}

function allows({ matched }: Situation): Look {
  const allowing = matched.filter((rule) => says(rule, NwQueryFlag.ALLOW));
  return { found: listOf(allowing), reason: allowing.length > 0 ? NwReason.QUERY_ALLOWED : undefined };
}

const isReverse = ({ question, facts }: Situation): boolean => question.qtype === PTR && facts.reverse;

function reverse(situation: Situation): Look {
  if (!isReverse(situation)) return { found: 'no' };
  return { found: 'of an address that the pod has learned', reason: NwReason.QUERY_REVERSE };
}

const DENIES = NwQueryFlag.DENY | NwQueryFlag.AUDIT_DENY;
const ALLOWS = NwQueryFlag.ALLOW | NwQueryFlag.AUDIT_ALLOW;
const isSpelledOut = ({ selector }: NameRule): boolean => selector.startsWith('v1|n|');

/** bpf/lib/expansion.h: every deny of the shorter names, and allows that spell one out. */
function shorterRules(rules: Rules | undefined, { shorter }: QueryFacts, { qtype }: QueryQuestion): NameRule[] {
  if (rules === undefined) return [];
  const sayable = ADDRESS_TYPES.has(qtype) ? DENIES | ALLOWS : DENIES;
  const all = shorter
    .flatMap((wire) => rulesOfName(rules, wire))
    .map((rule) => ({ ...rule, query: rule.query & sayable }));
  return all.filter((rule) => says(rule, DENIES) || (isSpelledOut(rule) && says(rule, ALLOWS)));
}

/** A library makes such names of others: the name before a suffix of the pod's search list decides. */
function searchSuffix({ facts, shorter }: Situation): Look {
  if (facts.shorter.length === 0) return { found: 'none', reason: NwReason.QUERY_NO_RULE };
  const denying = shorter.filter((rule) => says(rule, NwQueryFlag.DENY));
  if (denying.length > 0) return { found: `denies ${listOf(denying)}`, reason: NwReason.QUERY_DENIED };
  const allowing = shorter.filter((rule) => isSpelledOut(rule) && says(rule, NwQueryFlag.ALLOW));
  if (allowing.length > 0) return { found: `allows ${listOf(allowing)}`, reason: NwReason.QUERY_EXPANSION };
  return { found: 'yes, and no rule spells out the name before it', reason: NwReason.QUERY_NO_RULE };
}

const ORDER: readonly Step<Situation>[] = [
  ['node switch', nodeSwitch],
  ['endpoint', endpoint],
  ['selected', selected],
  ['name denies', denies],
  ['names filtered', filtered],
  ['name rules', allows],
  ['reverse look-up', reverse],
  ['search suffix', searchSuffix],
];

/** enum nw_query_flag of all rules: of the name, and of the shorter ones as far as they have a say. */
function flagsOf(matched: readonly NameRule[], shorter: readonly NameRule[] = []): number {
  const own = matched.reduce((flags, { query }) => flags | query, 0);
  return shorter.reduce((flags, rule) => flags | (rule.query & (isSpelledOut(rule) ? DENIES | ALLOWS : DENIES)), own);
}

function auditRefuses(rules: Rules | undefined, flags: number): boolean {
  if ((flags & NwQueryFlag.AUDIT_DENY) !== 0) return true;
  if (!has(rules, NwRulesetFlag.AUDIT_FILTER_NAMES)) return false;
  return (flags & NwQueryFlag.DENY) !== 0 || (flags & ALLOWS) === 0;
}

/** The second verdict has the same second thoughts: reverse look-ups, names before a search suffix. */
function auditVerdict(situation: Situation, reason: number): boolean | undefined {
  const { rules, matched, shorter } = situation;
  if (!has(rules, NwRulesetFlag.HAS_AUDIT) || isRefusal(reason)) return undefined;
  const flags = flagsOf(matched);
  if (!auditRefuses(rules, flags) && !NO_RULE_OF_ITS_OWN.has(reason)) return false;
  if (isReverse(situation)) return auditRefuses(rules, flags | NwQueryFlag.AUDIT_ALLOW);
  // Where the audited policies do not filter names, or allow this one, the name before a suffix has no say.
  const expands = has(rules, NwRulesetFlag.AUDIT_FILTER_NAMES) && (flags & NwQueryFlag.AUDIT_ALLOW) === 0;
  return auditRefuses(rules, flagsOf(matched, expands ? shorter : []));
}

const NO_RULE_OF_ITS_OWN: ReadonlySet<number> = new Set([NwReason.QUERY_REVERSE, NwReason.QUERY_EXPANSION]);

/** What passes is remembered; without room it is refused where names are filtered, else its answer teaches nothing. */
function adjust(reason: number, { facts, rules }: Situation): number {
  const { pending } = facts;
  if (isRefusal(reason) || reason === NwReason.PASS_SWITCHED_OFF || reason === NwReason.DENY_NO_ENDPOINT) return reason;
  const quota = pending.held >= pending.quota;
  if (!quota && pending.taken < pending.entries) return reason;
  if (!has(rules, NwRulesetFlag.FILTER_NAMES)) return NwReason.QUERY_NOT_REMEMBERED;
  return quota ? NwReason.QUERY_QUOTA : NwReason.QUERY_FULL;
}

export function decideQuery(question: QueryQuestion, facts: QueryFacts): QueryDecision {
  const rules = facts.pod?.rules;
  const matched = rules === undefined ? [] : rulesOfName(rules, question.wire);
  const shorter = shorterRules(rules, facts, question);
  const situation: Situation = { question, facts, rules, matched, shorter };
  const { steps, reason } = walk(ORDER, situation);
  return {
    reason: adjust(reason, situation),
    steps,
    matched,
    shorter,
    audit: facts.nodeSwitch === NwSwitch.OFF ? undefined : auditVerdict(situation, reason),
  };
}
