import type { EndpointState, PolicyServer, StreamStatus } from '@namewall/protocol';
import type { Reconciler } from './reconcile/reconciler.ts';
import type { Source, SourceProblem } from './source/source.ts';

/** What the operator knows, for people; names of objects and of domains, nothing more private. */
export interface OperatorStatus {
  readonly problems: readonly SourceProblem[];
  /** policy → '' when accepted, else why not */
  readonly policies: Readonly<Record<string, string>>;
  readonly identities: number;
  readonly streams: readonly StreamStatus[];
  /** endpoints by node, each as its agent reported it last */
  readonly endpoints: Readonly<Record<string, readonly EndpointState[]>>;
}

export function statusOf(
  source: Source,
  reconciler: Reconciler,
  server: PolicyServer,
  endpoints: EndpointTable,
): OperatorStatus {
  const { policies, identities } = reconciler.summary;
  return {
    problems: source.problems(),
    policies: Object.fromEntries(policies),
    identities: identities.size,
    streams: server.streams(),
    endpoints: endpoints.all(),
  };
}

/** Endpoints that agents may report for a node; more are left out. */
const ENDPOINTS_MAX = 4096;

/** The last report on each endpoint. A node's reports are forgotten when its agent connects anew. */
export class EndpointTable {
  readonly #byNode = new Map<string, Map<string, EndpointState>>();

  add(node: string, states: readonly EndpointState[]): void {
    const known = this.#byNode.get(node) ?? new Map<string, EndpointState>();
    this.#byNode.set(node, known);
    for (const state of states) {
      if (known.size < ENDPOINTS_MAX || known.has(state.uid)) known.set(state.uid, state);
    }
  }

  forget(node: string): void {
    this.#byNode.delete(node);
  }

  all(): Record<string, EndpointState[]> {
    return Object.fromEntries([...this.#byNode].map(([node, states]) => [node, [...states.values()]]));
  }
}
