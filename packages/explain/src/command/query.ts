/** `namewallctl explain POD NAME[:PORT]` */
import { NwQueryFlag, NwReason, NwRulesetFlag, NwSwitch } from '@namewall/datapath';
import { type ExplanationInput, Verdict } from '@namewall/protocol';
import { decideQuery, isRefusal, says } from '../decide/query.ts';
import type { NameRule, QueryFacts, QueryQuestion, Rules } from '../facts.ts';
import { queryWords } from '../words/query.ts';
import { policiesOf, portsText, verb } from '../words/text.ts';
import { type Explained, auditEntry, identityText, selectedBy, told, verdictOf } from './verdict.ts';

/** `allows TCP/443; denies UDP/53`, `may be asked` */
function effectOf(rule: NameRule): string {
  if (rule.rows.length > 0) return rule.rows.map((row) => `${verb(row)} ${portsText(row)}`).join('; ');
  return says(rule, NwQueryFlag.DENY) ? 'may not be asked' : 'may be asked';
}

function selectorEntry(rule: NameRule, rules: Rules | undefined): NonNullable<ExplanationInput['selectors']>[number] {
  const { selector, rows } = rule;
  return { selector, identity: identityText(selector), effect: effectOf(rule), policies: policiesOf(rules, rows) };
}

export function explainQuery(question: QueryQuestion, facts: QueryFacts): Explained {
  const decision = decideQuery(question, facts);
  const { reason, audit, steps, matched, shorter } = decision;
  const rules = facts.pod?.rules;
  const asked = { question, facts, decision };
  const refused = isRefusal(reason) || reason === NwReason.DENY_NO_ENDPOINT;
  const passedAll = facts.nodeSwitch === NwSwitch.AUDIT && isRefusal(reason);
  const first = told(reason, queryWords(reason, asked));
  const audited = told(
    audit === true ? NwReason.QUERY_AUDIT_REFUSE : reason,
    queryWords(NwReason.QUERY_AUDIT_REFUSE, asked),
  );
  return {
    question: question.text,
    verdict: verdictOf(refused, passedAll),
    ...first,
    why: passedAll ? `the node is switched to audit; on, it would be refused: ${first.why}` : first.why,
    steps: [...steps],
    audit: audit === undefined ? null : auditEntry(audited, audit),
    selectors: [...matched, ...shorter].map((rule) => selectorEntry(rule, rules)),
    rcode: refused && !passedAll ? rcodeOf(rules, facts) : '',
    ...selectedBy(rules),
  };
}

function rcodeOf(rules: Rules | undefined, { shorter }: QueryFacts): string {
  return shorter.length > 0 || ((rules?.flags ?? 0) & NwRulesetFlag.REJECT_NXDOMAIN) !== 0 ? 'NXDOMAIN' : 'REFUSED';
}

/** The question's verdict with those of the connections that follow it: all of them must pass. */
export function withConnections(query: Explained, connections: readonly Explained[]): Explained {
  const denied = connections.filter(({ verdict }) => verdict === Verdict.VERDICT_REFUSED);
  const [first] = denied;
  const refused = query.verdict === Verdict.VERDICT_REFUSED;
  if (refused || first === undefined) return { ...query, connections: [...connections] };
  const { verdict, reason, reasonNumber, why, fix, rule, policies } = first;
  const of = connections.length === 1 ? '' : `${denied.length} of its ${connections.length} addresses: `;
  return {
    ...query,
    verdict,
    reason,
    reasonNumber,
    fix,
    rule,
    policies,
    why: `it may be asked, but not connected to: ${of}${why}`,
    connections: [...connections],
  };
}
