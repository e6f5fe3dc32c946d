import type { StreamEvent } from '@namewall/protocol';
import type { Traces } from '@namewall/telemetry';

/** Changes whose acknowledgements are waited for; earlier ones get no span. */
const KEPT = 256;

/** One span for each node and change: from its publishing to the agent's answer. */
export class DeltaSpans {
  readonly #traces: Traces;
  /** By trace context, when it was published. */
  readonly #began = new Map<string, number>();

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  /** A change is on its way to a node; of many nodes the first counts. */
  began(traceparent: string): void {
    if (this.#began.has(traceparent)) return;
    this.#began.set(traceparent, performance.now());
    const oldest = this.#began.keys().next();
    if (this.#began.size > KEPT && oldest.done !== true) this.#began.delete(oldest.value);
  }

  ended({ node, kind, traceparent }: Extract<StreamEvent, { kind: 'acked' | 'refused' }>): void {
    const since = this.#began.get(traceparent);
    if (since !== undefined) this.#traces.start('delta', { parent: traceparent, since }).end({ node, answer: kind });
  }
}
