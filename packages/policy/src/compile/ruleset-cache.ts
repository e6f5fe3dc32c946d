import type { Selector } from '../selector.ts';
import { rulesetId } from './content-id.ts';
import type { LoweredPolicy } from './lower.ts';
import { type Merged, mergePolicies } from './merge.ts';
import type { CompiledRuleset, RejectedPolicy } from './types.ts';

export interface NamedRuleset {
  readonly id: string;
  readonly ruleset: CompiledRuleset;
}

type Outcome = { readonly ok: true; readonly named: NamedRuleset } | Exclude<Merged, { ok: true }>;

/** What sets of policies came to, each merged once. */
export class RulesetCache {
  readonly #numbers = new WeakMap<LoweredPolicy, number>();
  #next = 0;
  #outcomes = new Map<string, Outcome>();
  #used = new Map<string, Outcome>();
  /** Equal content is one object, whatever set of policies it came of. */
  #byId = new Map<string, NamedRuleset>();
  #alone = new WeakMap<LoweredPolicy, RejectedPolicy | 'fits'>();

  /** Equal for the same policies in the same order. */
  keyOf(policies: readonly LoweredPolicy[]): string {
    return policies.map((policy) => this.#numberOf(policy)).join(' ');
  }

  merge(key: string, policies: readonly LoweredPolicy[], internal: readonly Selector[]): Outcome {
    const known = this.#used.get(key) ?? this.#outcomes.get(key);
    const outcome = known ?? this.#name(mergePolicies(policies, internal));
    this.#used.set(key, outcome);
    return outcome;
  }

  /** Why a policy is too much by itself; undefined: it is not. */
  alone(policy: LoweredPolicy, internal: readonly Selector[]): RejectedPolicy | undefined {
    const known = this.#alone.get(policy);
    if (known !== undefined) return known === 'fits' ? undefined : known;
    const merged = mergePolicies([policy], internal);
    this.#alone.set(policy, merged.ok ? 'fits' : merged.rejection);
    return merged.ok ? undefined : merged.rejection;
  }

  /** Forgets what was not asked for since the last call. */
  prune(): void {
    this.#outcomes = this.#used;
    this.#used = new Map();
    const named = [...this.#outcomes.values()].flatMap((outcome) => (outcome.ok ? [outcome.named] : []));
    this.#byId = new Map(named.map((one) => [one.id, one]));
  }

  clear(): void {
    this.#outcomes.clear();
    this.#used.clear();
    this.#byId.clear();
    this.#alone = new WeakMap();
  }

  #name(merged: Merged): Outcome {
    if (!merged.ok) return merged;
    const id = rulesetId(merged.ruleset);
    const named = this.#byId.get(id) ?? { id, ruleset: merged.ruleset };
    this.#byId.set(id, named);
    return { ok: true, named };
  }

  #numberOf(policy: LoweredPolicy): number {
    const known = this.#numbers.get(policy);
    if (known !== undefined) return known;
    this.#numbers.set(policy, ++this.#next);
    return this.#next;
  }
}

export interface MergedAll {
  /** By the key of the policies that apply; absent: none is left that was not rejected. */
  readonly bySet: ReadonlyMap<string, NamedRuleset>;
  readonly rejected: ReadonlyMap<LoweredPolicy, RejectedPolicy>;
}

/**
 * One ruleset for each set of policies. A policy that does not fit, alone or beside those that come before it, is
 * rejected everywhere, and what it was part of is merged anew.
 *
 * @param policies all, also those that apply to no pod: one that is too much by itself is rejected all the same
 * @param sets those that some pod has, by key
 */
export function mergeAll(
  cache: RulesetCache,
  policies: Iterable<LoweredPolicy>,
  sets: ReadonlyMap<string, readonly LoweredPolicy[]>,
  internal: readonly Selector[],
): MergedAll {
  const rejected = new Map<LoweredPolicy, RejectedPolicy>();
  for (const policy of policies) {
    const rejection = cache.alone(policy, internal);
    if (rejection !== undefined) rejected.set(policy, rejection);
  }
  for (;;) {
    const bySet = new Map<string, NamedRuleset>();
    const offenders = new Map<LoweredPolicy, RejectedPolicy>();
    for (const [key, set] of sets) {
      const kept = rejected.size === 0 ? set : set.filter((policy) => !rejected.has(policy));
      if (kept.length === 0) continue;
      const outcome = cache.merge(kept === set ? key : cache.keyOf(kept), kept, internal);
      if (outcome.ok) bySet.set(key, outcome.named);
      else offenders.set(outcome.offender, outcome.rejection);
    }
    if (offenders.size === 0) return { bySet, rejected };
    for (const [policy, rejection] of offenders) rejected.set(policy, rejection);
  }
}
