import { EndpointPhase, type NodesResponseInput } from '@namewall/protocol';
import type { NodeView, NodeViews } from './node-views.ts';

/** What people are told of a node in one line. */
function summaryOf(view: NodeView, here: boolean): NonNullable<NodesResponseInput['nodes']>[number] {
  const { node, connected, agentVersion, applied, endpoints, rejected } = view;
  const degraded = [...endpoints.values()].filter(({ phase }) => phase === EndpointPhase.ENDPOINT_PHASE_DEGRADED);
  const [first] = [...rejected, ...degraded];
  const problem = first === undefined ? '' : `${first.reason}: ${first.message}`;
  return { node, connected, here, agentVersion, pods: applied.size, degraded: degraded.length, problem };
}

export function summariesOf(all: NodeViews, local: NodeViews): NonNullable<NodesResponseInput['nodes']> {
  return [...all.all()]
    .map((view) => summaryOf(view, local.get(view.node)?.connected === true))
    .toSorted((a, b) => (a.node ?? '').localeCompare(b.node ?? ''));
}
