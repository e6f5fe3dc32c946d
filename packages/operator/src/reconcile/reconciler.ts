import { Compiler } from '@namewall/policy';
import type { EncodedResource } from '@namewall/protocol';
import { type Log, formatTraceparent, newTraceparent } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { SourceState } from '../source/source.ts';
import { Fleet } from './fleet.ts';
import { NOTHING, type Summary, logChanges, summarize } from './report.ts';

export interface ReconcilerOptions {
  /** The node of pods that name none: on a single host every pod is its. '' = such pods are on no node yet. */
  readonly node: string;
  readonly log: Log;
  /** Makes a node hold these resources and no others. */
  readonly publish: (node: string, resources: readonly EncodedResource[], traceparent: string) => void;
  /** The node is gone: nothing more is sent to it. */
  readonly withdraw: (node: string) => void;
}

/** From a state of the source to what each node is to hold. Idempotent: the same state changes nothing. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #compiler = new Compiler();
  readonly #fleet = new Fleet();
  /** Nodes that were told what to hold. */
  #told: ReadonlySet<string> = new Set();
  #summary: Summary = NOTHING;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** What came of the last state. */
  get summary(): Summary {
    return this.#summary;
  }

  reconcile(state: SourceState): void {
    const { log } = this.#options;
    try {
      const changed = this.#compiler.update(state);
      if (changed.nodeConfig) this.#fleet.setConfig(this.#compiler.nodeConfig);
      const touched = this.#fleet.follow(this.#compiler, changed.endpoints, this.#options.node);
      const summary = summarize(state, this.#compiler, this.#fleet.problems, this.#summary);
      logChanges(log, this.#summary, summary);
      this.#summary = summary;
      this.#publish(state.nodes, changed.nodeConfig, touched);
    } catch (error) {
      // Validated documents compile; if not, the fault is ours and what is in force stays.
      const problem = messageOf(error);
      log.error('state cannot be compiled', { problem, fix: 'undo the last change and report this' });
    }
  }

  /** A node without pods holds the configuration, so that its first pod does not wait for it. */
  #publish(known: readonly string[], everywhere: boolean, touched: ReadonlySet<string>): void {
    const { node, publish, withdraw } = this.#options;
    const nodes = new Set([...known, ...this.#fleet.nodes, ...(node === '' ? [] : [node])]);
    const traceparent = formatTraceparent(newTraceparent());
    for (const one of nodes) {
      if (everywhere || touched.has(one) || !this.#told.has(one)) {
        publish(one, this.#fleet.resourcesOf(one), traceparent);
      }
    }
    for (const one of this.#told) if (!nodes.has(one)) withdraw(one);
    this.#told = nodes;
  }
}
