/** Which selectors of a set match a name: exact names by a table, patterns by their literal end, then the reference matcher. */
import { matches } from './match.ts';
import { wireToText } from './name.ts';
import type { Selector } from './selector.ts';

interface Entry {
  readonly handle: number;
  readonly selector: Selector;
}

/** The labels of a pattern right of its last wildcard label, joined; '' where it ends in a wildcard label. */
export function literalEnd(pattern: string): string {
  const labels = pattern.split('.');
  let first = labels.length;
  while (first > 0 && !labels[first - 1]?.includes('*')) first--;
  return labels.slice(first).join('.');
}

/** Immutable once built; a look-up costs by the name's labels, not by the number of selectors. */
export class SelectorSet {
  readonly #names = new Map<string, number>();
  readonly #patterns = new Map<string, Entry[]>();

  constructor(entries: Iterable<Entry>) {
    for (const entry of entries) {
      const { kind, text } = entry.selector;
      if (kind === 'name') {
        this.#names.set(text, entry.handle);
        continue;
      }
      const end = literalEnd(text);
      const list = this.#patterns.get(end);
      if (list === undefined) this.#patterns.set(end, [entry]);
      else list.push(entry);
    }
  }

  /** Handles of every selector that matches, ascending. `name` in wire form, folded. */
  match(name: Uint8Array): number[] {
    const text = wireToText(name);
    const found: number[] = [];
    const exact = this.#names.get(text);
    if (exact !== undefined) found.push(exact);
    let end = text === '.' ? '' : text;
    for (;;) {
      for (const { handle, selector } of this.#patterns.get(end) ?? []) {
        if (matches(selector, name)) found.push(handle);
      }
      if (end === '') break;
      const dot = end.indexOf('.');
      end = dot < 0 ? '' : end.slice(dot + 1);
    }
    return found.toSorted((a, b) => a - b);
  }
}
