import { isDeepStrictEqual } from 'node:util';
import type { ApiObject, ObjectHandler } from './list-watch.ts';

/** The objects of one resource as they are projected, by `namespace/name`. */
export class Store<Raw extends ApiObject, T> implements ObjectHandler {
  readonly #project: (object: Raw) => T;
  readonly #changed: () => void;
  readonly #gone: (key: string) => void;
  #complete = false;
  readonly #objects = new Map<string, T>();

  /** @param changed called after each change of what is projected, and when a list is complete */
  constructor(project: (object: Raw) => T, changed: () => void, gone: (key: string) => void = () => undefined) {
    this.#project = project;
    this.#changed = changed;
    this.#gone = gone;
  }

  values(): T[] {
    return [...this.#objects.values()];
  }

  set(object: ApiObject, key: string): void {
    const value = this.#project(object as Raw);
    // Who reads tells by identity what has changed; most changes are to what nobody reads.
    if (isDeepStrictEqual(this.#objects.get(key), value)) return;
    this.#objects.set(key, value);
    this.#changed();
  }

  delete(key: string): void {
    this.#gone(key);
    if (this.#objects.delete(key)) this.#changed();
  }

  listed(): void {
    if (!this.#complete) this.#changed();
    this.#complete = true;
  }
}
