import { type EncodedResource, type ResourceId, resourceKey } from '../resource.ts';

/** What a node is to hold, by key; shared by all that look at it, never changed. */
export type Wanted = ReadonlyMap<string, EncodedResource>;

/** Versions by key, as hex. */
export type Versions = ReadonlyMap<string, string>;

export interface Difference {
  readonly upserts: readonly EncodedResource[];
  readonly removals: readonly ResourceId[];
}

/** Instead of a version: the agent refused to remove it. */
export const REMOVAL = 'removal';

export function versionHex(resource: { readonly version: Uint8Array }): string {
  return Buffer.from(resource.version).toString('hex');
}

export function wantedOf(resources: readonly EncodedResource[]): Wanted {
  return new Map(resources.map((resource) => [resourceKey(resource), resource]));
}

export function sameContent(a: Wanted | undefined, b: Wanted): boolean {
  if (a?.size !== b.size) return false;
  return [...b].every(([key, resource]) => {
    const other = a.get(key);
    return other !== undefined && versionHex(other) === versionHex(resource);
  });
}

/**
 * What turns `held` into `wanted`, in the order of keys. What needs a refused resource is held back with it,
 * and then everything of the kind that is needed stays: what is held back may live on an earlier one.
 * @param rejected what the agent refused: by key, the version, or {@link REMOVAL}. Left out.
 */
export function difference(held: Versions, wanted: Wanted, rejected: Versions): Difference {
  const upserts: EncodedResource[] = [];
  const kept = new Set<number>();
  for (const [key, resource] of wanted) {
    const version = versionHex(resource);
    if (held.get(key) === version || rejected.get(key) === version) continue;
    const { needs } = resource;
    if (needs !== undefined && rejected.has(resourceKey(needs))) kept.add(needs.type);
    else upserts.push(resource);
  }
  const gone = [...held.keys()].filter((key) => !wanted.has(key) && rejected.get(key) !== REMOVAL);
  return { upserts, removals: gone.map(fromKey).filter(({ type }) => !kept.has(type)) };
}

/** What is held once the difference is applied. */
export function advance(held: Versions, { upserts, removals }: Difference): Versions {
  const next = new Map(held);
  for (const removal of removals) next.delete(resourceKey(removal));
  for (const upsert of upserts) next.set(resourceKey(upsert), versionHex(upsert));
  return next;
}

/** The opposite of resourceKey. */
export function fromKey(key: string): ResourceId {
  const slash = key.indexOf('/');
  return { type: Number(key.slice(0, slash)), name: key.slice(slash + 1) };
}
