/** Why a connection was let through or denied. */
import { NwReason } from '@namewall/datapath';
import { formatAddress, wireToText } from '@namewall/policy/names';
import type { ConnectionDecision } from '../decide/connection.ts';
import { type Candidate, isAudit, isDeny } from '../decide/rows.ts';
import { rulesOfName } from '../decide/rules.ts';
import type { ConnectionFacts, ConnectionQuestion, LearnedIdentity, Rules } from '../facts.ts';
import { allowAddress, allowName } from './fix.ts';
import { GENERAL } from './general.ts';
import { FLOWS, STREAMS, overQuota, tableFull } from './room.ts';
import {
  hasPorts,
  nameText,
  policiesOf,
  policyList,
  portsText,
  protocolName,
  ruleText,
  spanOf,
  verb,
  selectorText,
} from './text.ts';
import { type Words, words } from './words.ts';

export interface AskedConnection {
  readonly question: ConnectionQuestion;
  readonly facts: ConnectionFacts;
  readonly decision: ConnectionDecision;
}

type Tell = (asked: AskedConnection, rules: Rules | undefined) => Words;

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
const namesOf = (identities: readonly LearnedIdentity[]): string => unique(identities.map(nameText)).join(', ');

/** Rows of one reason: those of a CIDR, or those of names. */
function ofKind(candidates: readonly Candidate[], kind: Candidate['origin']['kind']): Candidate[] {
  return candidates.filter(({ origin }) => origin.kind === kind);
}

/** The name behind the address, where it says more than the selector. */
function learnedAs({ origin }: Candidate): string {
  if (origin.kind === 'cidr') return '';
  const { name } = origin.identity;
  if (name === '') return ' (name no longer kept)';
  return name === selectorText(origin.selector) ? '' : ` (${name})`;
}

function byRows(candidates: readonly Candidate[], rules: Rules | undefined, prefix = ''): Words {
  const [first] = candidates;
  if (first === undefined) return words(`${prefix}a rule of a ruleset that is gone`);
  const same = candidates.filter((one) => ruleText(one) === ruleText(first));
  const policies = policiesOf(
    rules,
    same.map(({ row }) => row),
  );
  const { origin, row } = first;
  const who = policies.length === 0 ? 'a rule' : policyList(policies);
  return words(`${prefix}${who} ${verb(row)} ${ruleText(first)}${learnedAs(first)}`, {
    rule: ruleText(first),
    selector: origin.kind === 'name' ? origin.selector : '',
    policies,
    fix: isDeny(row) ? `take it out of egressDeny${policies.length === 0 ? '' : ` of ${policyList(policies)}`}` : '',
  });
}

function byCidr({ decision }: AskedConnection, rules: Rules | undefined): Words {
  return byRows(ofKind(decision.rows?.deciding ?? [], 'cidr'), rules);
}

function byName({ decision }: AskedConnection, rules: Rules | undefined): Words {
  return byRows(ofKind(decision.rows?.deciding ?? [], 'name'), rules);
}

const all = (rules: Rules | undefined): Pick<Words, 'policies'> => ({ policies: rules?.policies ?? [] });

/** The pod learned the address, but for names that no rule in force selects. */
function unruled(
  identities: readonly LearnedIdentity[],
  question: ConnectionQuestion,
  rules: Rules | undefined,
): Words {
  const [first] = identities;
  const fix =
    first === undefined || first.name === '' ? allowAddress(rules, question) : allowName(rules, first.name, question);
  return words(`learned for ${namesOf(identities)}, which no rule in force allows to connect`, { ...all(rules), fix });
}

function unknown(asked: AskedConnection, rules: Rules | undefined): Words {
  const { question, decision } = asked;
  const identities = decision.rows?.unruled ?? [];
  if (identities.length > 0) return unruled(identities, question, rules);
  const swept = forgotten(asked, rules);
  if (swept !== undefined) return swept;
  const elsewhere = unfit(decision, 'cidr');
  if (elsewhere.length > 0) return allowedElsewhere(formatAddress(question.address), elsewhere, question, rules);
  return words(`${formatAddress(question.address)} was never learned by this pod, and no CIDR rule allows it`, {
    ...all(rules),
    fix: `look up a name that a rule selects before connecting; for an address without a name\n${allowAddress(rules, question)}`,
  });
}

const ASK_AGAIN =
  'look the name up again before connecting; for clients that keep addresses longer than their TTL ' +
  'raise dns.ttl.grace or dns.idleWindow in a policy of the pod';

/** The sweeper leaves nothing of an expired address; the answer that taught it may still stand. */
function forgotten({ facts }: AskedConnection, rules: Rules | undefined): Words | undefined {
  if (rules === undefined) return undefined;
  const [latest] = facts
    .recent()
    .filter(({ name, expires }) => expires <= facts.time && rulesOfName(rules, name).length > 0)
    .toSorted((a, b) => Number(b.expires - a.expires));
  if (latest === undefined) return undefined;
  const ago = spanOf(facts.time - latest.expires);
  const why = `address expired, learned for ${wireToText(latest.name)}, whose answer ran out ${ago} ago`;
  return words(why, { ...all(rules), fix: ASK_AGAIN });
}

function expired(asked: AskedConnection, rules: Rules | undefined): Words {
  const { question, facts, decision } = asked;
  const latest = (decision.rows?.expired ?? []).toSorted((a, b) => Number(b.expires - a.expires));
  const [first] = latest;
  if (first === undefined) {
    const why = `what the pod had learned for ${formatAddress(question.address)} has expired and was swept`;
    return forgotten(asked, rules) ?? words(why, { ...all(rules), fix: ASK_AGAIN });
  }
  const { selector } = first;
  return words(`address expired ${spanOf(facts.time - first.expires)} ago, learned for ${namesOf(latest)}`, {
    ...all(rules),
    selector,
    fix: ASK_AGAIN,
  });
}

/** Enforced allows that do not fit the port. */
function unfit({ rows }: ConnectionDecision, kind: Candidate['origin']['kind']): Candidate[] {
  return ofKind(rows?.candidates ?? [], kind).filter(({ row }) => !isDeny(row) && !isAudit(row));
}

function allowedElsewhere(
  what: string,
  allows: readonly Candidate[],
  question: ConnectionQuestion,
  rules: Rules | undefined,
): Words {
  const [first] = allows;
  const ports = unique(allows.map(({ row }) => portsText(row))).join(', ');
  const policies = policiesOf(
    rules,
    allows.map(({ row }) => row),
  );
  const asked = hasPorts(question.protocol)
    ? `${protocolName(question.protocol)}/${question.port}`
    : protocolName(question.protocol);
  return words(`${what} is allowed only on ${ports}, not on ${asked}`, {
    rule: first === undefined ? '' : ruleText(first),
    selector: first?.origin.kind === 'name' ? first.origin.selector : '',
    policies,
    fix:
      policies.length === 0
        ? `add ${asked} to the rule's ports`
        : `add ${asked} to the rule's ports in ${policyList(policies)}`,
  });
}

function port({ question, decision }: AskedConnection, rules: Rules | undefined): Words {
  const allows = [...unfit(decision, 'name'), ...unfit(decision, 'cidr')];
  const named = decision.rows?.named ?? [];
  const what = namesOf(named) || formatAddress(question.address);
  return allowedElsewhere(what, allows, question, rules);
}

function switchedAudit(asked: AskedConnection): Words {
  const inner = connectionWords(asked.decision.base, asked);
  return { ...inner, why: `the node is switched to audit; on, it would be denied: ${inner.why}` };
}

/** The audited policies' verdict in words. */
function audited(asked: AskedConnection, rules: Rules | undefined): Words {
  const { decision, facts } = asked;
  const { audit, rows } = decision;
  const deciding = rows?.audited ?? [];
  if (deciding.length > 0) return byRows(deciding, rules, 'audited: ');
  if (audit === undefined) return words('an audited policy would have denied it');
  const inner = connectionWords(audit, { ...asked, facts });
  return { ...inner, why: `audited: ${inner.why}` };
}

const TELL: Readonly<Record<number, Tell>> = {
  [NwReason.PASS_CIDR]: byCidr,
  [NwReason.DENY_CIDR]: byCidr,
  [NwReason.PASS_NAME]: byName,
  [NwReason.DENY_NAME]: byName,
  [NwReason.DENY_UNKNOWN]: unknown,
  [NwReason.DENY_EXPIRED]: expired,
  [NwReason.DENY_PORT]: port,
  [NwReason.DENY_FLOW_QUOTA]: ({ facts }) => overQuota(FLOWS, facts.flows),
  [NwReason.DENY_FLOW_FULL]: ({ facts }) => tableFull(FLOWS, facts.flows),
  [NwReason.STREAM_QUOTA]: ({ facts }) => overQuota(STREAMS, facts.streams),
  [NwReason.STREAM_FULL]: ({ facts }) => tableFull(STREAMS, facts.streams),
  [NwReason.PASS_AUDIT_DENY]: audited,
  [NwReason.PASS_SWITCHED_AUDIT]: switchedAudit,
  [NwReason.REASON_NONE]: () =>
    words('a trusted resolver: each question is judged by its name, all else is refused where names are filtered'),
};

/** @param reason the kernel's, or the one that was decided from the same facts */
export function connectionWords(reason: number, asked: AskedConnection): Words {
  const rules = asked.facts.pod?.rules;
  const tell = TELL[reason];
  if (tell !== undefined) return tell(asked, rules);
  const [why = '', fix = ''] = GENERAL[reason] ?? [];
  return words(why, { fix, policies: fix === '' ? [] : (rules?.policies ?? []) });
}
