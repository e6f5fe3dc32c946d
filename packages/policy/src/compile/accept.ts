import { SelectorError, ValueError } from '../errors.ts';
import type { Policy } from '../schema/policy.ts';
import { type LoweredPolicy, lowerPolicy, refOf } from './lower.ts';
import type { PolicyRef, RejectedPolicy } from './types.ts';

/** Cluster policies first, then by namespace and name. */
export function compareRefs(a: PolicyRef, b: PolicyRef): number {
  const [left, right] = [refKey(a), refKey(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Parts are parted by a character that none of them has, and that is before all they have. */
export function refKey({ kind, namespace, name }: PolicyRef): string {
  return `${kind}\0${namespace}\0${name}`;
}

/** Policies read one by one, sorted, and those that cannot be. */
export function readPolicies(policies: readonly Policy[]): { read: LoweredPolicy[]; rejected: RejectedPolicy[] } {
  const read = new Map<string, LoweredPolicy>();
  const rejected: RejectedPolicy[] = [];
  for (const policy of policies) {
    const ref = refOf(policy);
    if (read.has(refKey(ref))) {
      const message = 'another policy of this kind, namespace and name came first: rename one of them';
      rejected.push({ policy: ref, reason: 'DuplicatePolicy', message });
      continue;
    }
    try {
      read.set(refKey(ref), lowerPolicy(policy));
    } catch (error) {
      if (!(error instanceof SelectorError || error instanceof ValueError)) throw error;
      rejected.push({ policy: ref, reason: 'Invalid', message: error.message });
    }
  }
  return { read: [...read.values()].toSorted((a, b) => compareRefs(a.ref, b.ref)), rejected };
}
