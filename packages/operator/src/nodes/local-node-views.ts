import type { AppliedEndpoints, EndpointState, PolicyServerOptions, StreamEvent } from '@namewall/protocol';
import { ENDPOINTS_MAX, boundedProblems, boundedState } from './bounds.ts';
import { type NodeView, type NodeViews, unseen } from './node-views.ts';

/** The views of the agents whose streams end at this replica. */
export class LocalNodeViews implements NodeViews {
  readonly #views = new Map<string, NodeView>();
  readonly #listeners = new Set<(node: string) => void>();

  /** What PolicyServer is given so that it tells all that happens. */
  readonly feed: Required<Pick<PolicyServerOptions, 'onEvent' | 'onEndpointStates' | 'onApplied' | 'onRejected'>> = {
    onEvent: (event) => this.#event(event),
    onEndpointStates: (node, states) => this.#change(node, { endpoints: this.#reported(node, states) }),
    onApplied: (node, applied) => this.#change(node, { applied: advance(this.#view(node).applied, applied) }),
    onRejected: (node, rejected) => this.#change(node, { rejected: boundedProblems(rejected) }),
  };

  get(node: string): NodeView | undefined {
    return this.#views.get(node);
  }

  all(): Iterable<NodeView> {
    return this.#views.values();
  }

  onChange(listener: (node: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node is no more. */
  forget(node: string): void {
    if (this.#views.delete(node)) this.#tell(node);
  }

  #event(event: StreamEvent): void {
    // The agent tells all of it again; what it acknowledged follows its Subscribe.
    const anew = { connected: true, endpoints: new Map(), rejected: [] };
    if (event.kind === 'connected') this.#change(event.node, { ...anew, agentVersion: event.agentVersion });
    if (event.kind === 'disconnected') this.#change(event.node, { connected: false });
  }

  #reported(node: string, states: readonly EndpointState[]): Map<string, EndpointState> {
    const known = new Map(this.#view(node).endpoints);
    for (const state of states.flatMap((one) => boundedState(one) ?? [])) {
      if (known.size < ENDPOINTS_MAX || known.has(state.uid)) known.set(state.uid, state);
    }
    return known;
  }

  #view(node: string): NodeView {
    return this.#views.get(node) ?? unseen(node);
  }

  #change(node: string, change: Partial<NodeView>): void {
    this.#views.set(node, { ...this.#view(node), ...change });
    this.#tell(node);
  }

  #tell(node: string): void {
    for (const listener of this.#listeners) listener(node);
  }
}

function advance(before: ReadonlyMap<string, string>, { whole, upserts, removals }: AppliedEndpoints) {
  if (whole) return upserts;
  const next = new Map(before);
  for (const uid of removals) next.delete(uid);
  for (const [uid, ruleset] of upserts) next.set(uid, ruleset);
  return next;
}
