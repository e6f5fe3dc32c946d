import { credit, judgeName } from '@namewall/policy';
import type { ReasonName } from '@namewall/datapath';
import { judgeAnswer, type Verdict } from './answer.ts';
import { PODS, type PodName, SEARCH } from './pods.ts';
import { plainQuery, type PlainQuery, type Question } from './query.ts';

/** Whom an answer counts for. */
export interface Credit {
  /** Wire form, one character an octet. */
  readonly name: string;
  /** Identities that are learned. */
  readonly handles: readonly number[];
  readonly autopath: boolean;
}

/** What the datapath is held to. Tests put a wrong one in its place. */
export interface Reference {
  /** A query that may pass where every name is allowed; undefined where it must be refused. */
  query(message: Uint8Array): PlainQuery | undefined;
  /** What becomes of the plain question of a pod. */
  name(pod: PodName, query: PlainQuery): ReasonName;
  /** What an answer teaches a pod that asked this; undefined: it asked nothing. */
  answer(message: Uint8Array, asked: Question | undefined): Verdict;
  /** For whom, by its chain: the question's name and those that CNAMEs led to. */
  credit(pod: PodName, chain: readonly string[]): Credit;
}

export const reference: Reference = {
  query: plainQuery,
  answer: judgeAnswer,
  name: (pod, { question, bare }) => {
    const verdict = judgeName(octets(question.wire), PODS[pod].rules, SEARCH);
    return REASONS[verdict === 'expansion' && !bare ? 'unselected' : verdict];
  },
  credit: (pod, [question = '\0', target]) => {
    const { name, rules, autopath } = credit(
      octets(question),
      target === undefined ? undefined : octets(target),
      PODS[pod].rules,
      SEARCH,
    );
    return { name: Buffer.from(name).toString('latin1'), handles: rules.map(({ handle }) => handle), autopath };
  },
};

const REASONS = {
  allowed: 'QUERY_ALLOWED',
  denied: 'QUERY_DENIED',
  expansion: 'QUERY_EXPANSION',
  unselected: 'QUERY_NO_RULE',
} as const satisfies Record<string, ReasonName>;

function octets(wire: string): Uint8Array {
  return Buffer.from(wire, 'latin1');
}
