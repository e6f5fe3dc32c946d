import type { EndpointState, ResourceProblem } from '@namewall/protocol';

/** What a node's agent has and says, whichever replica its stream ends at. Never changed: another one takes its place. */
export interface NodeView {
  readonly node: string;
  /** Its agent has a stream to some replica. What is below stays what it was when it has none: it is still enforced. */
  readonly connected: boolean;
  /** pod UID → id of the ruleset that the agent has acknowledged, '' = not selected */
  readonly applied: ReadonlyMap<string, string>;
  /** The last report on each endpoint, by pod UID. */
  readonly endpoints: ReadonlyMap<string, EndpointState>;
  /** What the agent refused and why. */
  readonly rejected: readonly ResourceProblem[];
  readonly agentVersion: string;
}

export interface NodeViews {
  get(node: string): NodeView | undefined;
  all(): Iterable<NodeView>;
  /** Called with the node whose view is another one now. @returns what ends it. */
  onChange(listener: (node: string) => void): () => void;
}

/** Of a node whose agent was never seen. */
export function unseen(node: string): NodeView {
  return { node, connected: false, applied: new Map(), endpoints: new Map(), rejected: [], agentVersion: '' };
}
