/** Holds the datapath to the oracle until so many verdicts are compared. */
import type { ReasonName } from '@namewall/datapath';
import * as fc from 'fast-check';
import { type Case, writeFinding } from './cases/case.ts';
import { cases } from './cases/generate.ts';
import { shrink } from './cases/shrink.ts';
import { ZONES } from './cases/universe.ts';
import { Host } from './kernel/host.ts';
import { REASONS } from './reasons.ts';
import type { Judge } from './scene.ts';
import { verdictOfPacket } from './spec/connection.ts';
import { Tally } from './tally.ts';
import { differenceIn } from './trial.ts';

export interface RunOptions {
  /** Verdicts to compare at least; it goes on until every reason was met. */
  readonly cases: number;
  /** Ends it anyhow. */
  readonly seconds?: number;
  readonly seed: number;
  readonly objectPath: string;
  /** Where a difference is written. */
  readonly findings: string;
  readonly print: (line: string) => void;
  /** The oracle; another one is found out. */
  readonly judge?: Judge;
  /** How long a failing case may be made smaller. */
  readonly shrinkSeconds?: number;
}

export interface Report {
  readonly judged: number;
  readonly policies: number;
  readonly seconds: number;
  readonly reasons: ReadonlyMap<ReasonName, number>;
  /** Reasons that no case had: nothing was shown of them. */
  readonly missed: readonly ReasonName[];
  /** Path of the case in which they differ, shrunk. */
  readonly finding?: string;
  readonly difference?: string;
}

/** Happenings of one phase: many, since a change of policies costs as much as a thousand packets. */
const HAPPENINGS = 1200;
/** Cases between two looks at the clock. */
const BATCH = 4;
const PROGRESS_MS = 5000;
const SHRINK_SECONDS = 60;

export async function run(options: RunOptions): Promise<Report> {
  using host = openHost(options.objectPath);
  const round = new Round(options, host);
  return await round.all();
}

/** Runs one case again; the difference, if there still is one. */
export async function replay(
  objectPath: string,
  one: Case,
  judge: Judge = verdictOfPacket,
): Promise<string | undefined> {
  using host = openHost(objectPath);
  return await differenceIn(one, host, new Tally(host), judge);
}

function openHost(objectPath: string): Host {
  return new Host(
    objectPath,
    ZONES.map(({ name }) => name),
  );
}

class Round {
  readonly #options: RunOptions;
  readonly #host: Host;
  readonly #tally: Tally;
  readonly #start = performance.now();
  #policies = 0;

  constructor(options: RunOptions, host: Host) {
    this.#options = options;
    this.#host = host;
    this.#tally = new Tally(host);
  }

  async all(): Promise<Report> {
    const { seed, seconds = Number.POSITIVE_INFINITY, print } = this.#options;
    const end = this.#start + seconds * 1000;
    let told = this.#start;
    for (let batch = 0; !this.#isDone() && performance.now() < end; batch++) {
      const found = await this.#batch((Math.imul(seed, 0x9e37_79b1) + batch) | 0);
      if (found !== undefined) return { ...this.#report(), ...found };
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      print(this.#progress());
    }
    return this.#report();
  }

  #isDone(): boolean {
    return this.#tally.judged >= this.#options.cases && this.#report().missed.length === 0;
  }

  /** fast-check makes the cases; a failing one we make smaller ourselves, since each attempt costs a change of policies. */
  async #batch(seed: number): Promise<Pick<Report, 'finding' | 'difference'> | undefined> {
    let failed: Case | undefined;
    const property = fc.asyncProperty(cases(HAPPENINGS), async (one) => {
      this.#policies += one.phases.reduce((sum, phase) => sum + phase.policies.length, 0);
      if ((await this.#differenceIn(one)) === undefined) return true;
      failed = one;
      return false;
    });
    const { failed: isFailed, errorInstance } = await fc.check(property, { seed, numRuns: BATCH, endOnFailure: true });
    if (isFailed && failed === undefined) throw errorInstance;
    return failed === undefined ? undefined : this.#keep(failed, seed);
  }

  async #keep(failed: Case, seed: number): Promise<Pick<Report, 'finding' | 'difference'>> {
    const { findings, shrinkSeconds = SHRINK_SECONDS } = this.#options;
    const end = performance.now() + shrinkSeconds * 1000;
    const smaller = await shrink(
      failed,
      (one) => this.#fails(one),
      () => performance.now() < end,
    );
    for (const one of [smaller, failed]) {
      // A smaller one may hang on what the attempts before it left: what is kept differs by itself.
      const difference = await replay(this.#options.objectPath, one, this.#judge());
      if (difference !== undefined) return { finding: writeFinding(findings, { seed, difference, one }), difference };
    }
    const difference = 'it differs only behind the cases before it: run its seed again';
    return { finding: writeFinding(findings, { seed, difference, one: failed }), difference };
  }

  #judge(): Judge {
    return this.#options.judge ?? verdictOfPacket;
  }

  #differenceIn(one: Case): Promise<string | undefined> {
    return differenceIn(one, this.#host, this.#tally, this.#judge());
  }

  /** What is no case any more does not count. */
  async #fails(smaller: Case): Promise<boolean> {
    try {
      return (await this.#differenceIn(smaller)) !== undefined;
    } catch {
      return false;
    }
  }

  #report(): Report {
    const { judged, reasons } = this.#tally;
    const missed = REASONS.filter((reason) => !reasons.has(reason));
    return { judged, policies: this.#policies, seconds: (performance.now() - this.#start) / 1000, reasons, missed };
  }

  #progress(): string {
    const { judged, seconds, policies, reasons, missed } = this.#report();
    const rate = Math.round(judged / seconds);
    return `${judged} verdicts, ${rate}/s, ${policies} policies, ${reasons.size} reasons, ${missed.length} not met yet`;
  }
}
