import { Compiler } from '@namewall/policy';
import type { NodeChange } from '@namewall/protocol';
import { type Log, NO_TRACES, type Traces } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { SourceState } from '../source/source.ts';
import { Fleet } from './fleet.ts';
import { NOTHING, type Summary, logChanges, summarize } from './report.ts';

export interface ReconcilerOptions {
  /** The node of pods that name none: on a single host every pod is its. '' = such pods are on no node yet. */
  readonly node: string;
  readonly log: Log;
  readonly traces?: Traces;
  /** What of a node's resources is another one now; of a node that is new all it is to hold. */
  readonly publish: (node: string, change: NodeChange, traceparent: string) => void;
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

  /** What is in force. */
  get compiled(): Pick<Compiler, 'policies' | 'groups' | 'rejected'> {
    return this.#compiler;
  }

  /** @param since when the first of what has changed came, in milliseconds of `performance.now()` */
  reconcile(state: SourceState, since = performance.now()): void {
    const { log } = this.#options;
    try {
      const began = performance.now();
      const changed = this.#compiler.update(state);
      if (changed.nodeConfig) this.#fleet.setConfig(this.#compiler.nodeConfig);
      const touched = this.#fleet.follow(this.#compiler, changed.endpoints, this.#options.node);
      const compiled = performance.now();
      const summary = summarize(state, this.#compiler, this.#fleet.problems, this.#summary);
      logChanges(log, this.#summary, summary);
      this.#summary = summary;
      const due = this.#due(state.nodes, changed.nodeConfig, touched);
      if (due.size > 0) this.#publish(due, { since, began, compiled });
    } catch (error) {
      // Validated documents compile; if not, the fault is ours and what is in force stays.
      const problem = messageOf(error);
      log.error('state cannot be compiled', { problem, fix: 'undo the last change and report this' });
    }
  }

  /** A node without pods holds the configuration, so that its first pod does not wait for it. */
  #due(
    known: readonly string[],
    everywhere: boolean,
    touched: ReadonlyMap<string, NodeChange>,
  ): Map<string, NodeChange> {
    const { node, withdraw } = this.#options;
    const nodes = new Set([...known, ...this.#fleet.nodes, ...(node === '' ? [] : [node])]);
    const due = new Map<string, NodeChange>();
    for (const one of nodes) {
      const fresh = !this.#told.has(one);
      const common = everywhere || fresh ? this.#fleet.common : [];
      const { upserts, removals } = touched.get(one) ?? NO_CHANGE;
      if (!fresh && common.length + upserts.length + removals.length === 0) continue;
      due.set(one, { upserts: [...common, ...upserts], removals });
    }
    for (const one of this.#told) if (!nodes.has(one)) withdraw(one);
    this.#told = nodes;
    return due;
  }

  /** In one trace with what agents make of it. */
  #publish(due: ReadonlyMap<string, NodeChange>, { since, began, compiled }: Times): void {
    const { publish, traces = NO_TRACES } = this.#options;
    const whole = traces.start('change', { since });
    traces.start('compile', { parent: whole.traceparent, since: began }).end({}, compiled);
    const sending = traces.start('publish', { parent: whole.traceparent });
    for (const [node, change] of due) publish(node, change, whole.traceparent);
    sending.end({ nodes: due.size });
    whole.end({ nodes: due.size });
  }
}

/** Milliseconds of `performance.now()`. */
interface Times {
  readonly since: number;
  readonly began: number;
  readonly compiled: number;
}

const NO_CHANGE: NodeChange = { upserts: [], removals: [] };
