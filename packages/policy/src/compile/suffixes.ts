import { NwIndex } from '../abi.gen.ts';
import type { Selector } from '../selector.ts';

/** Patterns of one ruleset that may end in the same literal suffix: what a look-up of a name may meet. */
export const PATTERNS_PER_SUFFIX_MAX: number = NwIndex.PATTERNS_PER_LIST_MAX;

/** The whole labels right of a pattern's last wildcard; '' where the last label has one. */
export function literalSuffix(pattern: string): string {
  const star = pattern.lastIndexOf('*');
  const dot = pattern.indexOf('.', star);
  return dot < 0 ? '' : pattern.slice(dot + 1);
}

/** Counts the distinct patterns of a ruleset by suffix. */
export class SuffixCounter {
  readonly #seen = new Set<string>();
  readonly #counts = new Map<string, number>();

  /** The suffix that has one pattern too many with this selector, or undefined. */
  add({ kind, text }: Selector): string | undefined {
    if (kind === 'name' || this.#seen.has(text)) return undefined;
    this.#seen.add(text);
    const suffix = literalSuffix(text);
    const count = (this.#counts.get(suffix) ?? 0) + 1;
    this.#counts.set(suffix, count);
    return count > PATTERNS_PER_SUFFIX_MAX ? suffix : undefined;
  }
}
