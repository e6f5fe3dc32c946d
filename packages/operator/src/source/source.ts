import type { NamewallConfig, Namespace, Pod, Policy } from '@namewall/policy';

/**
 * All that there is, at one moment; every document is valid. One that did not change is the same object as in the state
 * before, and none is ever changed itself.
 */
export interface SourceState {
  readonly policies: readonly Policy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly config: NamewallConfig | undefined;
  /** Nodes that are there, beside those that pods name. */
  readonly nodes: readonly string[];
}

/** What is wrong in the source and therefore not in force, or not as it is written now. */
export interface SourceProblem {
  /** where: a file, an object */
  readonly origin: string;
  /** `file:line: field: reason; fix` */
  readonly text: string;
  /** an earlier version of it stays in force */
  readonly earlierInForce: boolean;
}

/** Where policies and pods come from. */
export interface Source {
  /**
   * Hands over the state once it is known, and the whole of it again whenever it may have changed, until
   * the signal aborts. Resolves after the first time. `since`: when the first of what has changed came, in milliseconds
   * of `performance.now()`.
   * @throws OperatorError SOURCE when it cannot be read at all.
   */
  start(handler: (state: SourceState, since?: number) => void, signal: AbortSignal): Promise<void>;
  /** What is wrong now. */
  problems(): readonly SourceProblem[];
}
