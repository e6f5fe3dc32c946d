import { type EncodedResource, type ResourceId, resourceKey } from '../resource.ts';
import type { Resources } from './wanted.ts';

/** Versions by key, as {@link EncodedResource.text}. */
export type Versions = ReadonlyMap<string, string>;

export interface Difference {
  readonly upserts: readonly EncodedResource[];
  readonly removals: readonly ResourceId[];
}

/** Instead of a version: the agent refused to remove it. */
export const REMOVAL = 'removal';

/**
 * What turns `held` into `wanted`. What needs a refused resource is held back with it, and then everything of the kind
 * that is needed stays: what is held back may live on an earlier one.
 * @param keys where they may differ
 * @param rejected what the agent refused: by key, the version, or {@link REMOVAL}. Left out.
 */
export function difference(keys: Iterable<string>, held: Versions, wanted: Resources, rejected: Versions): Difference {
  const upserts: EncodedResource[] = [];
  const gone: ResourceId[] = [];
  const kept = new Set<number>();
  for (const key of keys) {
    const resource = wanted.get(key);
    if (resource === undefined) {
      if (held.has(key) && rejected.get(key) !== REMOVAL) gone.push(fromKey(key));
      continue;
    }
    const { text, needs } = resource;
    if (held.get(key) === text || rejected.get(key) === text) continue;
    if (needs !== undefined && rejected.has(resourceKey(needs))) kept.add(needs.type);
    else upserts.push(resource);
  }
  return { upserts, removals: gone.filter(({ type }) => !kept.has(type)) };
}

/** Makes what is held what it is once the difference is applied. */
export function advance(held: Map<string, string>, { upserts, removals }: Difference): void {
  for (const removal of removals) held.delete(resourceKey(removal));
  for (const { key, text } of upserts) held.set(key, text);
}

/** The opposite of resourceKey. */
export function fromKey(key: string): ResourceId {
  const slash = key.indexOf('/');
  return { type: Number(key.slice(0, slash)), name: key.slice(slash + 1) };
}
