import { compile } from '@namewall/policy';
import type { EncodedResource } from '@namewall/protocol';
import { type Log, formatTraceparent, newTraceparent } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { SourceState } from '../source/source.ts';
import { type Encoded, encodeAll, resourcesOf } from './encode.ts';
import { NOTHING, type Summary, logChanges, summarize } from './report.ts';

export interface ReconcilerOptions {
  /** The one node: on a single host every pod is its. */
  readonly node: string;
  readonly log: Log;
  /** Makes a node hold these resources and no others. */
  readonly publish: (node: string, resources: readonly EncodedResource[], traceparent: string) => void;
}

/** From a state of the source to what the node is to hold. Idempotent: the same state changes nothing. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  #encoded: Encoded | undefined;
  #summary: Summary = NOTHING;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** What came of the last state. */
  get summary(): Summary {
    return this.#summary;
  }

  reconcile(state: SourceState): void {
    const { node, log, publish } = this.#options;
    try {
      const compiled = compile(state);
      const encoded = encodeAll(compiled, this.#encoded);
      const summary = summarize(state, compiled, encoded.problems);
      logChanges(log, this.#summary, summary);
      this.#encoded = encoded;
      this.#summary = summary;
      publish(node, resourcesOf(encoded), formatTraceparent(newTraceparent()));
    } catch (error) {
      // Validated documents compile; if not, the fault is ours and what is in force stays.
      const problem = messageOf(error);
      log.error('state cannot be compiled', { problem, fix: 'undo the last change and report this' });
    }
  }
}
