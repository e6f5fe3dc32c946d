/** By which way a network hands packets to a pod, told from what the kernel counts. Pure. */
import type { Redirected } from '@namewall/privileged';

/** Through the host's end of its cable, or past it. */
export type Way = 'host' | 'past' | 'unknown';

/** What of an endpoint's counts it takes. */
export interface Replied {
  /** Answers that were seen. */
  readonly answers: bigint;
  /** Refusals that we sent to the pod, past the host's end too; each is counted before it comes. */
  readonly replies: bigint;
}

/** Packets of others past the host's end that tell. */
const TELLING = 16n;
/** Answers after which it is told that they did not come past the host's end. */
const ENOUGH = 32n;

/** Each number lies between two that were read. */
interface Reading {
  readonly answers: Redirected;
  readonly replies: Redirected;
  /** Past the host's end, whoever's. */
  readonly all: Redirected;
  /** Of these those that are not ours. */
  readonly foreign: Redirected;
}

/** What came between two readings is at least, and at most, this. */
const between = (before: Redirected, now: Redirected): Redirected => ({
  least: now.least - before.most,
  most: now.most - before.least,
});

export class WayFinder {
  readonly #redirected: () => Redirected | undefined;
  readonly #replied: () => Replied;
  #before: Reading | undefined;

  /** @param redirected packets that came past the host's end so far, whoever's; undefined: its cable is not there */
  constructor(redirected: () => Redirected | undefined, replied: () => Replied) {
    this.#redirected = redirected;
    this.#replied = replied;
  }

  /** What has come since it was last told, or since nothing was known, tells it. @throws LibbpfError: the namespace is going */
  look(): Way {
    const now = this.#read();
    const before = this.#before;
    this.#before ??= now;
    if (now === undefined) this.#before = undefined;
    if (now === undefined || before === undefined) return 'unknown';
    const foreign = between(before.foreign, now.foreign);
    if (foreign.least >= TELLING) {
      this.#before = now;
      return 'past';
    }
    const answers = between(before.answers, now.answers).least;
    if (answers < ENOUGH) return 'unknown';
    this.#before = now;
    // Some kernels do not count what is redirected: what we sent has to be in it.
    const replies = between(before.replies, now.replies).least;
    const isCounted = replies > 0n && between(before.all, now.all).most >= replies;
    return isCounted && foreign.most * 2n <= answers ? 'host' : 'unknown';
  }

  /** What comes until the next look is not counted. */
  forget(): void {
    this.#before = undefined;
  }

  #read(): Reading | undefined {
    const earlier = this.#replied();
    const all = this.#redirected();
    const later = this.#replied();
    if (all === undefined) return undefined;
    const replies = { least: earlier.replies, most: later.replies };
    return {
      answers: { least: earlier.answers, most: later.answers },
      replies,
      all,
      foreign: { least: all.least - replies.most, most: all.most - replies.least },
    };
  }
}
