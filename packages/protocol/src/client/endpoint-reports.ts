import type { EndpointStateInput } from '../messages.ts';

/** The newest state of an endpoint. */
export type EndpointReport = EndpointStateInput & { readonly uid: string };

/** What the operator has not heard yet: bounded by the endpoints that there are, not by how often they change. */
export class EndpointReports {
  readonly #states = new Map<string, EndpointReport>();
  readonly #unsent = new Set<string>();

  add(states: readonly EndpointReport[]): void {
    for (const state of states) {
      this.#states.set(state.uid, state);
      this.#unsent.add(state.uid);
    }
  }

  forget(uid: string): void {
    this.#states.delete(uid);
    this.#unsent.delete(uid);
  }

  /** A new connection: the operator has heard nothing. */
  restart(): void {
    for (const uid of this.#states.keys()) this.#unsent.add(uid);
  }

  /** @returns up to `most` states that count as sent from now on. */
  take(most: number): EndpointReport[] {
    const uids = [...this.#unsent].slice(0, most);
    for (const uid of uids) this.#unsent.delete(uid);
    return uids.flatMap((uid) => this.#states.get(uid) ?? []);
  }
}
