import type { ReasonName } from '@namewall/datapath';
import type { Case } from './case.ts';
import { type Deviation, DEVIATIONS } from './third-opinion.ts';
import type { Outcome } from './trial.ts';

/** What a run came to. */
export class Tally {
  messages = 0;
  taught = 0;
  /** Of the messages: over TCP, in segments. */
  overTcp = 0;
  /** Of the corpus as it is: how many taught, and how many should by the reference. */
  corpus = { messages: 0, taught: 0, shouldTeach: 0 };
  seconds = 0;
  /** Packets given to programs. */
  runs = 0;
  slowestNs = 0;
  readonly reasons = new Map<ReasonName, number>();
  readonly opinions = new Map<'same' | Deviation | 'unexplained', number>();
  readonly faults: string[] = [];
  #shouldTeach = 0;
  /** Disagreements by what they are. */
  readonly #signatures = new Map<string, number>();

  add({ direction, cuts }: Case, { reason, taught, shouldTeach, opinion }: Outcome): void {
    this.messages++;
    if (taught) this.taught++;
    if (cuts) this.overTcp++;
    if (shouldTeach) this.#shouldTeach++;
    increment(this.reasons, reason);
    if (direction === 'query' || opinion === undefined) return;
    increment(this.opinions, typeof opinion === 'object' ? 'unexplained' : opinion);
  }

  /** All so far was the corpus as it is. */
  endOfCorpus(): void {
    this.corpus = { messages: this.messages, taught: this.taught, shouldTeach: this.#shouldTeach };
  }

  /** Counts a disagreement; true when none like it was met. */
  isNew(signature: string): boolean {
    increment(this.#signatures, signature);
    return this.#signatures.get(signature) === 1;
  }

  get disagreements(): number {
    return sum(this.#signatures.values());
  }

  get failed(): boolean {
    return this.disagreements > 0 || this.faults.length > 0 || this.corpus.taught < this.corpus.shouldTeach;
  }

  progress(seconds: number): string {
    return `${seconds.toFixed(0)} s: ${this.messages} messages, ${this.#rate(seconds)}/s, ${this.taught} taught, ${this.disagreements} disagreements`;
  }

  report(): string {
    const { corpus } = this;
    const lines = [
      `${this.messages} messages in ${this.seconds.toFixed(1)} s, ${this.#rate(this.seconds)}/s; ${this.runs} packets; ${this.overTcp} messages over TCP; the slowest ${Math.round(this.slowestNs / 1000)} us`,
      `${this.taught} taught an address; of the corpus as it is ${corpus.taught} of ${corpus.messages} cases, ${corpus.shouldTeach} should`,
      'outcomes:',
      ...table(this.reasons),
      'dns-packet, where the answer is to its own question:',
      ...table(this.opinions),
      ...[...this.opinions.keys()].flatMap(meaningOf),
      `${this.disagreements} disagreements, ${this.#signatures.size} kinds`,
      ...table(this.#signatures),
      ...this.faults.map((fault) => `fault: ${fault}`),
    ];
    return lines.join('\n');
  }

  #rate(seconds: number): number {
    return Math.round(this.messages / Math.max(seconds, 1e-9));
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

function table(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([key, count]) => `${String(count).padStart(10)}  ${key}`);
}

function meaningOf(opinion: 'same' | Deviation | 'unexplained'): string[] {
  return opinion === 'same' || opinion === 'unexplained' ? [] : [`  ${opinion}: dns-packet ${DEVIATIONS[opinion]}`];
}
