/** Where a pod's network namespace may be: where its source says, else what in /run/netns has its addresses. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { privileged } from '@namewall/privileged';
import type { Endpoint } from '@namewall/protocol';

const RUN_NETNS = '/run/netns';

/** Paths of the namespaces that have all of these addresses (16 octets each), less those that are another pod's. */
export type NamespacesWith = (
  addresses: readonly Uint8Array[],
  isTaken: (path: string) => boolean,
) => readonly string[];

/**
 * The namespaces are only looked at when a pod's own path is not known. A pod can give itself any address, and any number of
 * them: a namespace that is another pod's is none of this one, and is not searched.
 */
export function locate(
  { netns, addresses }: Endpoint,
  find: NamespacesWith,
  isTaken: (path: string) => boolean,
  exists = existsSync,
): readonly string[] {
  if (netns !== '') return exists(netns) ? [netns] : [];
  return addresses.length === 0 ? [] : find(addresses, isTaken);
}

/** Looks at every namespace in /run/netns; one that vanishes meanwhile is left out. */
export const namespacesWith: NamespacesWith = (addresses, isTaken) => {
  const names = existsSync(RUN_NETNS) ? readdirSync(RUN_NETNS) : [];
  return names.map((name) => join(RUN_NETNS, name)).filter((path) => !isTaken(path) && holds(path, addresses));
};

function holds(path: string, addresses: readonly Uint8Array[]): boolean {
  try {
    return privileged().holds(path, addresses);
  } catch {
    return false;
  }
}
