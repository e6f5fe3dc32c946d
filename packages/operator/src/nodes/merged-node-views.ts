import type { NodeReport, Reporting } from '@namewall/protocol';
import type { NodeView, NodeViews } from './node-views.ts';
import { viewOf } from './report.ts';

/** The views of all replicas: our own, and those that others report to us. */
export class MergedNodeViews implements NodeViews {
  readonly #local: NodeViews;
  /** By replica, the views of its nodes. */
  readonly #remote = new Map<string, Map<string, NodeView>>();
  /** The last view of nodes whose replica is gone, until another one has them. */
  readonly #orphans = new Map<string, NodeView>();
  readonly #listeners = new Set<(node: string) => void>();

  constructor(local: NodeViews) {
    this.#local = local;
    local.onChange((node) => this.#changed(node));
  }

  /** The one whose agent is connected; else one that was. */
  get(node: string): NodeView | undefined {
    const views = [this.#local, ...this.#remote.values()].flatMap((source) => source.get(node) ?? []);
    return views.find(({ connected }) => connected) ?? views[0] ?? this.#orphans.get(node);
  }

  *all(): Generator<NodeView> {
    const nodes = new Set([...this.#local.all()].map(({ node }) => node));
    for (const source of [...this.#remote.values(), this.#orphans]) for (const node of source.keys()) nodes.add(node);
    for (const node of nodes) {
      const view = this.get(node);
      if (view !== undefined) yield view;
    }
  }

  onChange(listener: (node: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node is no more, and nobody reports it. */
  forget(node: string): void {
    this.#orphans.delete(node);
  }

  /** A replica begins to report: all that it has, and nothing of what it had. */
  begin(replica: string): Reporting {
    const views = new Map<string, NodeView>();
    this.#end(this.#remote.get(replica) ?? new Map<string, NodeView>());
    this.#remote.set(replica, views);
    return {
      reports: (nodes) => this.#take(views, nodes),
      ended: () => {
        if (this.#remote.get(replica) === views) this.#remote.delete(replica);
        this.#end(views);
      },
    };
  }

  #take(views: Map<string, NodeView>, nodes: readonly NodeReport[]): void {
    for (const report of nodes) {
      if (report.gone) views.delete(report.node);
      else views.set(report.node, viewOf(report));
      this.#changed(report.node);
    }
  }

  #end(views: Map<string, NodeView>): void {
    const ended = [...views.values()];
    views.clear();
    for (const view of ended) {
      this.#orphans.set(view.node, { ...view, connected: false });
      this.#changed(view.node);
    }
  }

  #changed(node: string): void {
    const alive = this.#local.get(node) !== undefined || [...this.#remote.values()].some((views) => views.has(node));
    if (alive) this.#orphans.delete(node);
    for (const listener of this.#listeners) listener(node);
  }
}
