import type { ReasonName } from '@namewall/datapath';
import type { Case } from './case.ts';
import { type Finding, writeFinding } from './finding.ts';
import { KernelLog } from './kernel/kernel-log.ts';
import { Kernel } from './kernel/kernel.ts';
import type { CorpusMessage } from './messages/corpus.ts';
import { Supply } from './supply.ts';
import type { Reference } from './reference/reference.ts';
import { Tally } from './tally.ts';
import { difference, type Outcome, textOf, Trial } from './trial.ts';

export interface FuzzOptions {
  readonly corpus: readonly CorpusMessage[];
  readonly seconds: number;
  /** Ends it sooner, when so many were run. */
  readonly messages?: number;
  readonly seed: number;
  readonly objectPath: string;
  readonly reference: Reference;
  /** Where disagreements are written. */
  readonly findings: string;
  readonly print: (line: string) => void;
}

/** Cases between two comparisons of all counters. */
const AUDIT_EVERY = 1024;
const PROGRESS_NS = 5_000_000_000n;
/** A program ends within microseconds; the machine may take it away from its CPU for much longer. */
const HANG_NS = 2_000_000_000;

/** Runs the corpus as it is, then what is made of it and by grammar until the time is over. */
export function fuzz(options: FuzzOptions): Tally {
  using kernel = new Kernel(options.objectPath);
  using log = new KernelLog();
  const run = new Run(options, kernel, log);
  return run.all();
}

class Run {
  readonly #options: FuzzOptions;
  readonly #kernel: Kernel;
  readonly #log: KernelLog;
  readonly #trial: Trial;
  readonly #tally = new Tally();
  readonly #supply: Supply;
  /** Cases since the last audit. */
  #recent: { one: Case; origin: string }[] = [];
  #audited: ReadonlyMap<ReasonName, number>;

  constructor(options: FuzzOptions, kernel: Kernel, log: KernelLog) {
    this.#options = options;
    this.#kernel = kernel;
    this.#log = log;
    this.#trial = new Trial(kernel, options.reference);
    this.#supply = new Supply(options.corpus, options.seed);
    this.#audited = kernel.totals();
  }

  all(): Tally {
    const { seconds, messages = Infinity, print } = this.#options;
    if (this.#log.unreadable !== undefined) print(`the kernel's log is not watched: ${this.#log.unreadable}`);
    const start = process.hrtime.bigint();
    const end = start + BigInt(Math.round(seconds * 1e9));
    for (const { cases, origin } of this.#supply.asItIs()) for (const one of cases) this.#one(one, origin);
    this.#audit();
    this.#tally.endOfCorpus();
    let told = start;
    for (
      let now = process.hrtime.bigint();
      now < end && this.#tally.messages < messages;
      now = process.hrtime.bigint()
    ) {
      if (now - told >= PROGRESS_NS) {
        told = now;
        print(this.#tally.progress(Number(now - start) / 1e9));
      }
      for (let i = 0; i < 64; i++) {
        const { cases, origin } = this.#supply.next();
        for (const one of cases) this.#one(one, origin);
      }
    }
    this.#audit();
    this.#tally.seconds = Number(process.hrtime.bigint() - start) / 1e9;
    this.#tally.slowestNs = this.#trial.slowestNs;
    this.#tally.runs = this.#trial.runs;
    return this.#tally;
  }

  #one(one: Case, origin: string): void {
    const outcome = this.#trial.run(one);
    this.#tally.add(one, outcome);
    const { opinion } = outcome;
    if (outcome.problems.length > 0) this.#found(one, origin, outcome);
    else if (typeof opinion === 'object') {
      this.#keep({ one, origin, seed: this.#options.seed, outcome: { ...outcome, problems: [opinion.unexplained] } });
    }
    this.#recent.push({ one, origin });
    if (this.#recent.length >= AUDIT_EVERY) this.#audit();
  }

  /** Has a disagreement again with every counter read, so that it says what was counted instead. */
  #found(one: Case, origin: string, quick: Outcome): void {
    this.#kernel.takeAllLearned();
    this.#kernel.takeAllPending();
    const careful = this.#trial.run(one, true);
    const outcome = careful.problems.length > 0 ? careful : quick;
    this.#keep({ one, origin, seed: this.#options.seed, outcome });
    this.#kernel.takeAllLearned();
    this.#kernel.takeAllPending();
    this.#settle();
  }

  #keep(finding: Finding): void {
    const signature = finding.outcome.problems
      .join('; ')
      .replaceAll(/ x\d+/g, '')
      .replaceAll(/\[[0-9a-f ]*\]/g, '[...]');
    if (!this.#tally.isNew(signature)) return;
    const path = writeFinding(this.#options.findings, finding);
    this.#options.print(`DISAGREEMENT ${finding.one.direction} (${finding.origin}): ${signature}\n  ${path}`);
  }

  /** Compares all counters, what the datapath says it holds, the kernel's log and the slowest run. */
  #audit(): void {
    const counted = difference(this.#audited, this.#kernel.totals());
    const usage = this.#kernel.takeUsage();
    const held = { ...this.#trial.usage };
    const same =
      textOf(counted) === textOf(this.#trial.expected) &&
      usage.pending === held.pending &&
      usage.learned === held.learned;
    const cases = this.#recent;
    this.#settle();
    if (!same) {
      const before = this.#tally.disagreements;
      for (const { one, origin } of cases) {
        const outcome = this.#trial.run(one, true);
        if (outcome.problems.length > 0) this.#keep({ one, origin, seed: this.#options.seed, outcome });
      }
      if (this.#tally.disagreements === before) {
        this.#fault(`the last ${cases.length} messages were counted otherwise, and none of them is when run alone`);
      }
      this.#settle();
    }
    for (const line of this.#log.faults()) this.#fault(`the kernel's log: ${line}`);
    if (this.#trial.slowestNs > HANG_NS) this.#fault(`a run took ${this.#trial.slowestNs} ns`);
  }

  #fault(what: string): void {
    this.#tally.faults.push(what);
    this.#options.print(`FAULT ${what}`);
  }

  /** Begins to count anew. */
  #settle(): void {
    this.#audited = this.#kernel.totals();
    this.#kernel.settle(this.#audited);
    this.#kernel.takeUsage();
    this.#trial.settle();
    this.#recent = [];
  }
}
