import type { PolicyRef } from './types.ts';

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
