import type { EndpointState, PolicyServer, StreamStatus } from '@namewall/protocol';
import type { NodeViews } from './nodes/node-views.ts';
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
  nodes: NodeViews,
): OperatorStatus {
  const { policies, identities } = reconciler.summary;
  return {
    problems: source.problems(),
    policies: Object.fromEntries(policies),
    identities: identities.size,
    streams: server.streams(),
    endpoints: Object.fromEntries([...nodes.all()].map((view) => [view.node, [...view.endpoints.values()]])),
  };
}
