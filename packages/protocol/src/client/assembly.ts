import type { Change, ResourceProblem } from '../change.ts';
import { ProtocolError } from '../errors.ts';
import type { Delta__Output } from '../gen/namewall/v1/Delta.ts';
import { MAX_CHANGE } from '../limits.ts';
import { type Resource, type ResourceId, resourceKey, versionOf } from '../resource.ts';

/** A change that is all there, with what is wrong in it already. */
export interface Assembled extends Change {
  readonly problems: readonly ResourceProblem[];
}

/** Puts deltas together until one is `complete`. Of a stream that ends before that, nothing is left. */
export class Assembly {
  readonly #upserts = new Map<string, Resource>();
  readonly #removals = new Map<string, ResourceId>();
  readonly #limit: number;
  #size = 0;

  /** @param limit octets of bodies and names that are held. */
  constructor(limit: number = MAX_CHANGE) {
    this.#limit = limit;
  }

  /**
   * @returns the change when this delta completes it.
   * @throws ProtocolError CHANGE_TOO_LARGE
   */
  add(delta: Delta__Output): Assembled | undefined {
    for (const upsert of delta.upserts) this.#take(upsert, upsert.body.length, this.#upserts, this.#removals);
    for (const removal of delta.removals) this.#take(removal, 0, this.#removals, this.#upserts);
    if (!delta.complete) return undefined;
    const upserts = [...this.#upserts.values()];
    const removals = [...this.#removals.values()];
    this.#upserts.clear();
    this.#removals.clear();
    this.#size = 0;
    return { upserts, removals, traceparent: delta.traceparent, problems: upserts.flatMap(problemsOf) };
  }

  /** The last word on a resource counts. */
  #take<T extends ResourceId>(item: T, size: number, into: Map<string, T>, outOf: Map<string, ResourceId>): void {
    const key = resourceKey(item);
    this.#size += size + key.length;
    if (this.#size > this.#limit) {
      const message = `a change is over ${this.#limit} octets; select fewer names or pods on this node`;
      throw new ProtocolError('CHANGE_TOO_LARGE', message);
    }
    outOf.delete(key);
    into.set(key, item);
  }
}

function problemsOf({ type, name, version, body }: Resource): ResourceProblem[] {
  if (versionOf(body).equals(version)) return [];
  const message = 'the version is not the hash of the body; restart the operator';
  return [{ type, name, reason: 'VersionMismatch', message }];
}
