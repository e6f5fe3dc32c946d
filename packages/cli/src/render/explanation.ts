/** An explanation for people: the answer, why, what to do; then how it was found. */
import { policyText, protocolName } from '@namewall/explain';
import type { ExplanationInput } from '@namewall/protocol';
import { NO_NAME } from '../commands/names.ts';
import { type Column, renderTable } from './table.ts';
import { formatPeer, formatSelector, formatSpan } from './text.ts';

type Of<K extends keyof ExplanationInput> = NonNullable<ExplanationInput[K]> extends readonly (infer T)[] ? T : never;

const VERDICTS = ['depends', 'allowed', 'denied', 'allowed'];
const AUDITED = 3;
const LABEL = 9;
const NO_POLICY_NAMES = 'the pins do not name policies: start the agent to see them';

/** `label:` and the lines under each other. */
function field(label: string, text: string): string {
  if (text === '') return '';
  const [first = '', ...more] = text.split('\n').map((line) => line.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?'));
  return [`${`${label}:`.padEnd(LABEL)}${first}`, ...more.map((line) => ' '.repeat(LABEL) + line)]
    .map((line) => `${line}\n`)
    .join('');
}

function policies(refs: ExplanationInput['policies']): string {
  return (refs ?? []).map((ref) => policyText({ kind: '', namespace: '', name: '', ...ref })).join(', ');
}

function answer({ verdict = 0, question, reason, rcode }: ExplanationInput, pod: string): string {
  const how = [reason, rcode && `answered ${rcode}`, verdict === AUDITED && 'node in audit'].filter(Boolean).join(', ');
  return field(VERDICTS[verdict] ?? '?', `${question} from ${pod}${how ? ` (${how})` : ''}`);
}

function audit({ audit: second }: ExplanationInput): string {
  if (second === null || second === undefined) return '';
  return second.refused === true ? `would be denied: ${second.why}` : 'would be allowed too';
}

function selectedBy({ selectedBy: refs, policiesUnknown, ruleset }: ExplanationInput): string {
  if (policiesUnknown === true) return `ruleset ${(ruleset ?? '').slice(0, 8)}; ${NO_POLICY_NAMES}`;
  return policies(refs) || 'none selects the pod';
}

const SELECTORS: readonly Column<Of<'selectors'>>[] = [
  { title: 'SELECTOR', value: ({ selector }) => formatSelector(selector ?? '') },
  { title: 'IDENTITY', value: ({ identity }) => (identity ?? '').slice(0, 8) },
  { title: 'EFFECT', value: ({ effect }) => effect ?? '' },
  { title: 'POLICIES', value: (row) => policies(row.policies) },
];

const ADDRESSES: readonly Column<Of<'addresses'>>[] = [
  { title: 'ADDRESS', value: ({ address }) => formatPeer(address ?? new Uint8Array(), 0) },
  { title: 'NAME', value: ({ name = '' }) => (name === '' ? NO_NAME : name) },
  { title: 'SELECTOR', value: ({ selector }) => formatSelector(selector ?? '') },
  { title: 'IDENTITY', value: ({ identity }) => (identity ?? '').slice(0, 8) },
  { title: 'EXPIRES IN', value: ({ expiresInMs }) => formatSpan(expiresInMs ?? 0n) },
];

const CONNECTIONS: readonly Column<Of<'connections'>>[] = [
  { title: 'CONNECTION', value: ({ question }) => question ?? '' },
  { title: 'VERDICT', value: ({ verdict }) => VERDICTS[verdict ?? 0] ?? '?' },
  { title: 'WHY', value: ({ why }) => why ?? '' },
];

const FLOWS: readonly Column<Of<'flows'>>[] = [
  { title: 'FLOW', value: ({ protocol, localPort }) => `${protocolName(protocol ?? 0)} from port ${localPort ?? 0}` },
  { title: 'ITS PACKETS', value: ({ state }) => state ?? '' },
  { title: 'EXPIRES IN', value: ({ expiresInMs }) => formatSpan(expiresInMs ?? 0n) },
];

const STEPS: readonly Column<Of<'steps'>>[] = [
  { title: '  STEP', value: ({ name, decides }) => `${decides === true ? '>' : ' '} ${name}` },
  { title: 'FOUND', value: ({ found }) => found ?? '' },
];

function table<T>(columns: readonly Column<T>[], rows: readonly T[] | undefined): string {
  return rows === undefined || rows.length === 0 ? '' : `\n${renderTable(columns, rows)}`;
}

/** @param pod namespace/name */
export function renderExplanation(explanation: ExplanationInput, pod: string): string {
  const { why, fix, rule, selectors, addresses, connections, flows, steps } = explanation;
  return [
    answer(explanation, pod),
    field('why', why ?? ''),
    field('rule', rule ?? ''),
    field('do', fix ?? ''),
    field('audit', audit(explanation)),
    field('pod', selectedBy(explanation)),
    table(SELECTORS, selectors),
    table(ADDRESSES, addresses),
    table(CONNECTIONS, connections),
    table(FLOWS, flows),
    table(STEPS, steps),
  ].join('');
}
