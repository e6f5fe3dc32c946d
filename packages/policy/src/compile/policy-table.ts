import { SelectorError, ValueError } from '../errors.ts';
import type { Policy } from '../schema/policy.ts';
import { compareRefs, refKey } from './refs.ts';
import { changesBetween } from './changes.ts';
import { type LoweredPolicy, lowerPolicy, refOf } from './lower.ts';
import type { RejectedPolicy } from './types.ts';

type Read = { readonly lowered: LoweredPolicy } | { readonly rejected: RejectedPolicy };

/** What became of the policies of the last update. */
export interface PolicyChanges {
  readonly removed: readonly LoweredPolicy[];
  readonly added: readonly LoweredPolicy[];
}

/** Policies as they were read, each once for each object. */
export class PolicyTable {
  readonly #read = new Map<Policy, Read>();
  #objects: readonly Policy[] = [];
  #current: readonly LoweredPolicy[] = [];
  #byNamespace = new Map<string, LoweredPolicy[]>();
  #rejected: readonly RejectedPolicy[] = [];

  /** Sorted. */
  get all(): Iterable<LoweredPolicy> {
    return this.#current;
  }

  /** Those of the cluster and of a namespace, sorted. */
  near(namespace: string): readonly LoweredPolicy[] {
    return [...(this.#byNamespace.get('') ?? []), ...(this.#byNamespace.get(namespace) ?? [])];
  }

  /** Those that cannot be read, and those of a name that another one has. */
  get rejected(): readonly RejectedPolicy[] {
    return this.#rejected;
  }

  update(policies: readonly Policy[]): PolicyChanges {
    const { removed, added } = changesBetween(this.#objects, policies);
    if (removed.length === 0 && added.length === 0) return { removed: [], added: [] };
    this.#objects = policies;
    for (const policy of removed) this.#read.delete(policy);
    for (const policy of added) this.#read.set(policy, read(policy));
    const before = this.#current;
    this.#arrange(policies);
    const now = new Set(this.#current);
    const then = new Set(before);
    return { removed: [...then.difference(now)], added: [...now.difference(then)] };
  }

  #arrange(policies: readonly Policy[]): void {
    const first = new Map<string, LoweredPolicy>();
    const rejected: RejectedPolicy[] = [];
    for (const policy of policies) {
      const found = this.#read.get(policy) ?? read(policy);
      this.#read.set(policy, found);
      const ref = refOf(policy);
      if (first.has(refKey(ref))) {
        const message = 'another policy of this kind, namespace and name came first: rename one of them';
        rejected.push({ policy: ref, reason: 'DuplicatePolicy', message });
      } else if ('rejected' in found) rejected.push(found.rejected);
      else first.set(refKey(ref), found.lowered);
    }
    this.#current = [...first.values()].toSorted((a, b) => compareRefs(a.ref, b.ref));
    this.#byNamespace = Map.groupBy(this.#current, ({ ref }) => ref.namespace);
    this.#rejected = rejected;
  }
}

function read(policy: Policy): Read {
  try {
    return { lowered: lowerPolicy(policy) };
  } catch (error) {
    if (!(error instanceof SelectorError || error instanceof ValueError)) throw error;
    return { rejected: { policy: refOf(policy), reason: 'Invalid', message: error.message } };
  }
}
