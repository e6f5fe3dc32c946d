import { type EncodedResource, type ResourceId, resourceKey } from '../resource.ts';

/** What of a node's resources is to be another one, and what is to be no more. */
export interface NodeChange {
  readonly upserts: readonly EncodedResource[];
  readonly removals: readonly ResourceId[];
}

/** What a node is to hold, by key. */
export type Resources = ReadonlyMap<string, EncodedResource>;

/** What a node is to hold, kept as it changes: streams look at it, and are told what has changed. */
export class Wanted {
  readonly #resources = new Map<string, EncodedResource>();
  #traceparent = '';
  #edition = 0;

  get resources(): Resources {
    return this.#resources;
  }

  /** W3C Trace Context of what caused the last change. */
  get traceparent(): string {
    return this.#traceparent;
  }

  /** Counts its changes. */
  get edition(): number {
    return this.#edition;
  }

  /** @returns the keys of what is now another one, or none */
  change({ upserts, removals }: NodeChange, traceparent: string): string[] {
    const changed: string[] = [];
    for (const resource of upserts) {
      if (this.#resources.get(resource.key)?.text === resource.text) continue;
      this.#resources.set(resource.key, resource);
      changed.push(resource.key);
    }
    for (const removal of removals) {
      const key = resourceKey(removal);
      if (this.#resources.delete(key)) changed.push(key);
    }
    if (changed.length > 0) {
      this.#traceparent = traceparent;
      this.#edition++;
    }
    return changed;
  }

  /** What makes it these and no others. */
  changeTo(resources: readonly EncodedResource[]): NodeChange {
    const keys = new Set(resources.map(({ key }) => key));
    return { upserts: resources, removals: [...this.#resources.values()].filter(({ key }) => !keys.has(key)) };
  }
}
