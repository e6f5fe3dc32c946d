/** Selectors and their node-local handles. Only ever grows within a change; {@link Handles.free} is the collector's. */
import { identityOf, parseCanonical } from '@namewall/policy/names';
import { type Tables, deleteAll } from './tables.ts';

export class Handles {
  readonly #identities: Tables['identities'];
  readonly #allocate: () => number;
  readonly #bySelector = new Map<string, number>();
  readonly #byHandle = new Map<number, string>();

  /** Reads what is pinned. */
  constructor(identities: Tables['identities'], allocate: () => number) {
    this.#identities = identities;
    this.#allocate = allocate;
    for (const [handle, { selector }] of identities.entries()) this.#remember(handle, selector);
  }

  get size(): number {
    return this.#byHandle.size;
  }

  handleOf(selector: string): number {
    const handle = this.#bySelector.get(selector);
    if (handle === undefined) throw new Error(`selector ${selector} has no handle`);
    return handle;
  }

  /** Canonical; undefined when nothing holds the handle any more. */
  selectorOf(handle: number): string | undefined {
    return this.#byHandle.get(handle);
  }

  all(): Iterable<number> {
    return this.#byHandle.keys();
  }

  /** Gives each selector that has none a handle, in one batch. On failure none of them is left. */
  ensure(selectors: Iterable<string>): void {
    const missing = [...new Set(selectors)].filter((selector) => !this.#bySelector.has(selector));
    const entries = missing.map((selector) => {
      const id = identityOf(parseCanonical(selector));
      return [this.#allocate(), { id, length: selector.length, selector }] as const;
    });
    try {
      this.#identities.setAll(entries);
    } catch (error) {
      deleteAll(
        this.#identities,
        entries.map(([handle]) => handle),
      );
      throw error;
    }
    for (const [handle, { selector }] of entries) this.#remember(handle, selector);
  }

  free(handles: readonly number[]): void {
    for (const handle of handles) {
      const selector = this.#byHandle.get(handle);
      this.#byHandle.delete(handle);
      if (selector !== undefined && this.#bySelector.get(selector) === handle) this.#bySelector.delete(selector);
    }
    deleteAll(this.#identities, handles);
  }

  #remember(handle: number, selector: string): void {
    this.#bySelector.set(selector, handle);
    this.#byHandle.set(handle, selector);
  }
}
