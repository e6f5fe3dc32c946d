import type { NodeReport, NodeReportInput } from '@namewall/protocol';
import type { NodeView } from './node-views.ts';

/** A view as it travels to the leader. */
export function reportOf({ node, connected, agentVersion, applied, endpoints, rejected }: NodeView): NodeReportInput {
  return {
    node,
    connected,
    agentVersion,
    applied: [...applied].map(([uid, ruleset]) => ({ uid, ruleset })),
    endpoints: [...endpoints.values()],
    rejected: rejected.map(({ type, name, reason, message }) => ({
      // The generated types list the types we know; what travels may be newer.
      resource: { type: type as 0, name },
      reason,
      message,
    })),
  };
}

/** The opposite. */
export function viewOf({ node, connected, agentVersion, applied, endpoints, rejected }: NodeReport): NodeView {
  return {
    node,
    connected,
    agentVersion,
    applied: new Map(applied.map(({ uid, ruleset }) => [uid, ruleset])),
    endpoints: new Map(endpoints.map((state) => [state.uid, state])),
    rejected: rejected.map(({ resource, reason, message }) => ({
      type: resource?.type ?? 0,
      name: resource?.name ?? '',
      reason,
      message,
    })),
  };
}
