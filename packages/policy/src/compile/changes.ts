/** What differs between two lists whose unchanged entries are the same objects. */
export interface Changes<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/**
 * Compares by reference. Lists that keep their order, as those of a Map do, cost a comparison of pointers an entry.
 * An entry that only moved may be in both lists.
 */
export function changesBetween<T>(before: readonly T[], after: readonly T[]): Changes<T> {
  const shorter = Math.min(before.length, after.length);
  if (before.length === after.length) {
    const removed: T[] = [];
    const added: T[] = [];
    for (let at = 0; at < shorter; at++) {
      const [old, now] = [before[at] as T, after[at] as T];
      if (old === now) continue;
      removed.push(old);
      added.push(now);
    }
    return { removed, added };
  }
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const old = new Set(before.slice(start, before.length - end));
  const now = new Set(after.slice(start, after.length - end));
  return { removed: [...old.difference(now)], added: [...now.difference(old)] };
}
