/** Whether answers are seen where net → pod is read: nothing is sent for it, the pod's own questions are the proof. */
import type { InboundPlace } from '@namewall/datapath';

/** What of an endpoint's counts it takes. */
export interface Asked {
  /** Questions sent on to a resolver. */
  readonly queries: bigint;
  /** Answers that matched one. */
  readonly answers: bigint;
  /** Questions, and packets, that were refused: of each at most one packet went back to the pod. */
  readonly refused: bigint;
  readonly denied: bigint;
}

/** Questions without any answer after which the place is in doubt: a resolver that starts slowly is asked a few times. */
export const DOUBT = 16n;

export type ProofState = 'unknown' | 'seen' | 'blind';

/** A network may change how it delivers while pods run, so each answer only proves the place for the questions to come. */
export class Proof {
  /** Where answers are looked for. */
  readonly inbound: InboundPlace;
  /** The counts at the last answer, or when the hook was set. */
  #last: Pick<Asked, 'queries' | 'answers'>;
  #seen = false;

  /** @param from the counts when the hook was set */
  constructor(inbound: InboundPlace, from: Pick<Asked, 'queries' | 'answers'>) {
    this.inbound = inbound;
    this.#last = from;
  }

  /** Questions that have gone out since the last answer. */
  unanswered({ queries }: Pick<Asked, 'queries'>): bigint {
    return queries - this.#last.queries;
  }

  state({ queries, answers }: Pick<Asked, 'queries' | 'answers'>): ProofState {
    if (answers > this.#last.answers) {
      this.#last = { queries, answers };
      this.#seen = true;
    }
    if (this.unanswered({ queries }) >= DOUBT) return 'blind';
    return this.#seen ? 'seen' : 'unknown';
  }
}

/** By which way a network hands packets to a pod: through the host's end of its cable, or past it. */
export type Way = 'host' | 'past' | 'unknown';

interface Reading {
  readonly redirected: bigint;
  readonly refusals: bigint;
}

/**
 * Finds the way out by what the kernel counts. A pod can have its questions go unanswered, and what it is refused comes past
 * the host's end too, from ourselves: neither is a sign.
 */
export class WayFinder {
  readonly #redirected: () => bigint;
  readonly #asked: () => Asked;
  #before: Reading | undefined;
  /** Answers before the last packet that came past the host's end. */
  #answers = 0n;

  /** @param redirected packets that came past the host's end so far, whoever's */
  constructor(redirected: () => bigint, asked: () => Asked) {
    this.#redirected = redirected;
    this.#asked = asked;
  }

  /** What has come since the call before shows it. @throws LibbpfError where the namespace is going */
  look(): Way {
    // A refusal is counted, then sent: between two looks no fewer are counted than have come, in this order.
    const { answers, refused, denied } = this.#asked();
    const redirected = this.#redirected();
    const after = this.#asked();
    const before = this.#before;
    this.#before = { redirected, refusals: refused + denied };
    if (before?.redirected !== redirected) this.#answers = after.answers;
    if (before === undefined) return 'unknown';
    if (redirected - before.redirected > after.refused + after.denied - before.refusals) return 'past';
    return answers - this.#answers >= DOUBT ? 'host' : 'unknown';
  }

  /** What comes until the next look is not counted. */
  forget(): void {
    this.#before = undefined;
  }
}
