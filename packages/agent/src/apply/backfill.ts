/**
 * Runs the back-fill of one endpoint: reads its recent answers and open questions, writes what the new
 * ruleset selects of them. Run before the endpoint switches and once more after it: an answer that came in
 * between was taught by the old ruleset only.
 */
import { NwPendingSize, NwRangeFlag, Pending, RecentAnswer as RecentAnswerRecord, u32 } from '@namewall/datapath';
import type { SelectorSet } from '@namewall/policy/names';
import { type Lesson, type RecentAnswer, mergePending, planBackfill } from '../plan/backfill.ts';
import { type Tables, replace } from './tables.ts';

export interface BackfillCounts {
  /** Addresses that stand for one more identity now. */
  learned: number;
  /** No free slot, table full, or more selectors than a question keeps. */
  refused: number;
  /** Open questions that gained identities. */
  questions: number;
}

/** Teaches one lesson to an endpoint as the programs do, its quota included. False: no room. */
export type Teach = (endpoint: number, lesson: Lesson) => boolean;

export interface BackfillContext {
  readonly tables: Pick<Tables, 'answers' | 'pending' | 'ranges'>;
  /** Index in `answers` of the first of an endpoint's, and how many it has. */
  readonly answersOf: (endpoint: number) => { readonly first: number; readonly count: number };
  readonly now: () => bigint;
  readonly teach: Teach;
  /** Until when an address lives on by the pod's use of it, whatever its answer's time; 0: not at all. */
  readonly usedUntil: (endpoint: number, address: Uint8Array, name: bigint) => bigint;
}

/** Per slot, the sequence at which it was read last: what has not changed since was planned already. */
export type Seen = Map<number, number>;

const RETRIES = 3;

const sequenceOf = (record: Uint8Array): number => u32.read(record, RecentAnswerRecord.offsets.sequence);

/** A consistent copy of one record, or undefined when it is as `seen`, empty, another's, or being written each time we look. */
function readAnswer(
  { answers }: Pick<Tables, 'answers'>,
  slot: number,
  endpoint: number,
  seen: Seen,
): RecentAnswer | undefined {
  const key = answers.key.encode(slot);
  for (let attempt = 0; attempt < RETRIES; attempt++) {
    const bytes = answers.raw.lookup(key);
    if (bytes === undefined || seen.get(slot) === sequenceOf(bytes)) return undefined;
    if (u32.read(bytes, RecentAnswerRecord.offsets.endpoint) !== endpoint) return undefined;
    const again = answers.raw.lookup(key);
    if (sequenceOf(bytes) % 2 === 1 || again === undefined || sequenceOf(again) !== sequenceOf(bytes)) continue;
    seen.set(slot, sequenceOf(bytes));
    const record = answers.value.read(bytes);
    if (record.nameLength === 0) return undefined;
    return {
      nameHash: record.nameHash,
      name: record.name.subarray(0, record.nameLength),
      addresses: record.addresses
        .slice(0, record.count)
        .map((address, i) => ({ address, expires: record.expires[i] ?? 0n })),
    };
  }
  return undefined;
}

function readAnswers(
  context: Pick<BackfillContext, 'tables' | 'answersOf'>,
  endpoint: number,
  seen: Seen,
): RecentAnswer[] {
  const { first, count } = context.answersOf(endpoint);
  const found: RecentAnswer[] = [];
  for (let slot = first; slot < first + count; slot++) {
    const answer = readAnswer(context.tables, slot, endpoint, seen);
    if (answer !== undefined) found.push(answer);
  }
  return found;
}

/** @param seen of an earlier run for the same endpoint and selectors; what is read now is entered */
export function backfill(
  context: BackfillContext,
  endpoint: number,
  selectors: SelectorSet,
  seen: Seen,
): BackfillCounts {
  const counts: BackfillCounts = { learned: 0, refused: 0, questions: 0 };
  const { ranges } = context.tables;
  const now = context.now();
  const answers = readAnswers(context, endpoint, seen).map((answer) => ({
    ...answer,
    addresses: answer.addresses.map(({ address, expires }) => ({
      address,
      expires: expires > now ? expires : context.usedUntil(endpoint, address, answer.nameHash),
    })),
  }));
  const plan = planBackfill({
    answers,
    match: (name) => selectors.match(name),
    now,
    mayLearn: (address) => ((ranges.get({ prefixLength: 128, address }) ?? 0) & NwRangeFlag.RESERVED) === 0,
    identitiesPerName: NwPendingSize.IDENTITIES_PER_NAME,
  });
  counts.refused += plan.overflows;
  for (const lesson of plan.lessons) {
    if (context.teach(endpoint, lesson)) counts.learned++;
    else counts.refused++;
  }
  return counts;
}

/** Open questions of these endpoints gain what their new rulesets select. One pass over the table. */
export function extendPending(pending: Tables['pending'], selectors: ReadonlyMap<number, SelectorSet>): number {
  let questions = 0;
  for (const [keyBytes, bytes] of pending.raw.entries()) {
    // Most are answered and wait for the sweeper: nothing more comes of them, and decoding them is the cost.
    if (isAnswered(bytes)) continue;
    const key = pending.key.read(keyBytes);
    const set = selectors.get(key.endpoint);
    if (set === undefined) continue;
    const held = pending.value.read(bytes);
    const handles = mergePending(
      held.handles,
      set.match(held.name.subarray(0, held.nameLength)),
      NwPendingSize.IDENTITIES_PER_NAME,
    );
    if (handles === undefined) continue;
    if (replace(pending, key, { ...held, handles, handleCount: handles.length })) questions++;
  }
  return questions;
}

const isAnswered = (pending: Uint8Array): boolean =>
  u32.read(pending, Pending.offsets.answers) >= u32.read(pending, Pending.offsets.queries);
