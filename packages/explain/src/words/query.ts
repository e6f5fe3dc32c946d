/** Why a question was let through or refused. */
import { NwQueryFlag, NwReason } from '@namewall/datapath';
import { type QueryDecision, says } from '../decide/query.ts';
import { isAudit, isDeny } from '../decide/rows.ts';
import { nameRule } from '../decide/rules.ts';
import type { NameRule, QueryFacts, QueryQuestion, Rules } from '../facts.ts';
import { allowName } from './fix.ts';
import { GENERAL } from './general.ts';
import { QUESTIONS, overQuota, tableFull } from './room.ts';
import { policiesOf, policyList, selectorText } from './text.ts';
import { type Words, words } from './words.ts';

export interface AskedQuery {
  readonly question: QueryQuestion;
  readonly facts: QueryFacts;
  readonly decision: Pick<QueryDecision, 'matched' | 'shorter'>;
}

type Tell = (asked: AskedQuery, rules: Rules | undefined) => Words;

function allPolicies(rules: Rules | undefined): string {
  return rules?.policies === undefined ? '' : ` (${policyList(rules.policies)})`;
}

/** The rules with one of these flags, and the policies whose rows have the effect. */
function told(
  { decision }: AskedQuery,
  rules: Rules | undefined,
  flag: number,
  effect: { readonly deny: boolean; readonly audit: boolean },
): { readonly rule: NameRule | undefined; readonly more: Partial<Words> } {
  const chosen = [...decision.matched, ...decision.shorter].filter((rule) => says(rule, flag));
  const [rule] = chosen;
  const rows = chosen
    .flatMap((one) => one.rows)
    .filter((row) => isDeny(row) === effect.deny && isAudit(row) === effect.audit);
  const selector = rule?.selector ?? '';
  return { rule, more: { rule: selectorText(selector), selector, policies: policiesOf(rules, rows) } };
}

function by(policies: readonly Words['policies'][number][] | undefined): string {
  return policies === undefined || policies.length === 0 ? '' : ` of ${policyList(policies)}`;
}

function allowed(asked: AskedQuery, rules: Rules | undefined): Words {
  const { rule, more } = told(asked, rules, NwQueryFlag.ALLOW, { deny: false, audit: false });
  if (rule === undefined) return words('a rule selects it');
  if (rule.rows.length === 0) return words(`${selectorText(rule.selector)} is the cluster's own`, more);
  const selector = selectorText(rule.selector);
  const who = more.policies === undefined || more.policies.length === 0 ? 'a rule' : policyList(more.policies);
  return words(`${who} selects it${selector === asked.question.text ? '' : ` by ${selector}`}`, more);
}

/** Only the name before a search suffix is spelled out: the library made this one of it. */
function expansion(asked: AskedQuery, rules: Rules | undefined): Words {
  const { rule, more } = told(asked, rules, NwQueryFlag.ALLOW, { deny: false, audit: false });
  const of = selectorText(rule?.selector ?? '');
  return words(
    `less a search suffix of the pod it is ${of || 'a name that a rule spells out'}${by(more.policies)}`,
    more,
  );
}

function denied(asked: AskedQuery, rules: Rules | undefined): Words {
  const { rule, more } = told(asked, rules, NwQueryFlag.DENY, { deny: true, audit: false });
  const selector = selectorText(rule?.selector ?? '');
  if (rule?.rows.length === 0) {
    return words(`${selector} leads to encrypted resolvers: denied wherever names are filtered`, {
      ...more,
      fix: 'set dns.queries: All in a policy of the pod if it may resolve past every rule',
    });
  }
  const fix = `take ${selector} out of egressDeny${by(more.policies)}`;
  return words(`egressDeny${by(more.policies)} denies ${selector || 'it'}`, { ...more, fix });
}

/** A pattern that people take for one that selects the name: a star stands for one label. */
function nearMiss({ text }: QueryQuestion, rules: Rules | undefined): string {
  if (rules === undefined) return '';
  const labels = text.split('.');
  for (let from = 0; from < labels.length; from++) {
    const rest = labels.slice(from).join('.');
    if (nameRule(rules, `v1|p|*.${rest}`) === undefined) continue;
    return from === 0
      ? `; *.${rest} does not select ${rest} itself`
      : `; *.${rest} stands for one label, **.${rest} for any`;
  }
  return '';
}

function noRule({ question }: AskedQuery, rules: Rules | undefined): Words {
  return words(`no rule selects ${question.text}${allPolicies(rules)}${nearMiss(question, rules)}`, {
    fix: allowName(rules, question.text),
    policies: rules?.policies ?? [],
  });
}

function audited(asked: AskedQuery, rules: Rules | undefined): Words {
  const { rule, more } = told(asked, rules, NwQueryFlag.AUDIT_DENY, { deny: true, audit: true });
  if (rule !== undefined) return words(`audited: egressDeny${by(more.policies)} denies ${more.rule}`, more);
  return words(`audited: no rule selects ${asked.question.text || 'it'}${allPolicies(rules)}`, {
    fix: asked.question.text === '' ? '' : allowName(rules, asked.question.text),
    policies: rules?.policies ?? [],
  });
}

const TELL: Readonly<Record<number, Tell>> = {
  [NwReason.QUERY_ALLOWED]: allowed,
  [NwReason.QUERY_EXPANSION]: expansion,
  [NwReason.QUERY_DENIED]: denied,
  [NwReason.QUERY_NO_RULE]: noRule,
  [NwReason.QUERY_AUDIT_REFUSE]: audited,
  [NwReason.QUERY_QUOTA]: ({ facts }) => overQuota(QUESTIONS, facts.pending),
  [NwReason.QUERY_FULL]: ({ facts }) => tableFull(QUESTIONS, facts.pending),
};

/** @param reason the kernel's, or the one that was decided from the same facts */
export function queryWords(reason: number, asked: AskedQuery): Words {
  const rules = asked.facts.pod?.rules;
  const tell = TELL[reason];
  if (tell !== undefined) return tell(asked, rules);
  const [why = '', fix = ''] = GENERAL[reason] ?? [];
  return words(why, { fix, policies: fix === '' ? [] : (rules?.policies ?? []) });
}
