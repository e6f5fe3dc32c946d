import { judgeAnswer, type Verdict } from './answer.ts';
import { plainQuery, type PlainQuery, type Question } from './query.ts';

/** What the datapath is held to. Tests put a wrong one in its place. */
export interface Reference {
  /** A query that may pass where every name is allowed; undefined where it must be refused. */
  query(message: Uint8Array): PlainQuery | undefined;
  /** What an answer teaches a pod that asked this; undefined: it asked nothing. */
  answer(message: Uint8Array, asked: Question | undefined): Verdict;
}

export const reference: Reference = { query: plainQuery, answer: judgeAnswer };
