/** Whether answers are seen where net → pod is read: nothing is sent for it, the pod's own questions are the proof. */
import type { InboundPlace } from '@namewall/datapath';

/** What of an endpoint's counts it takes. */
export interface Asked {
  /** Questions sent on to a resolver. */
  readonly queries: bigint;
  /** Answers that matched one. */
  readonly answers: bigint;
}

/** Questions without any answer after which the place is in doubt: a resolver that starts slowly is asked a few times. */
export const DOUBT = 16n;

export type ProofState = 'unknown' | 'seen' | 'blind';

/** A network may change how it delivers while pods run, so each answer only proves the place for the questions to come. */
export class Proof {
  /** Where answers are looked for. */
  readonly inbound: InboundPlace;
  /** The counts at the last answer, or when the hook was set. */
  #last: Asked;
  #seen = false;

  /** @param from the counts when the hook was set */
  constructor(inbound: InboundPlace, from: Asked) {
    this.inbound = inbound;
    this.#last = from;
  }

  /** Questions that have gone out since the last answer. */
  unanswered({ queries }: Pick<Asked, 'queries'>): bigint {
    return queries - this.#last.queries;
  }

  state({ queries, answers }: Asked): ProofState {
    if (answers > this.#last.answers) {
      this.#last = { queries, answers };
      this.#seen = true;
    }
    if (this.unanswered({ queries }) >= DOUBT) return 'blind';
    return this.#seen ? 'seen' : 'unknown';
  }
}
