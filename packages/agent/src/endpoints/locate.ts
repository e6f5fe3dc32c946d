/** Where a pod's network namespace is: where its source says, else the one in /run/netns that has its addresses. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { privileged } from '@namewall/privileged';
import type { Endpoint } from '@namewall/protocol';

const RUN_NETNS = '/run/netns';

/** The path of the namespace that has all of these addresses (16 octets each). */
export type NamespaceWith = (addresses: readonly Uint8Array[]) => string | undefined;

/** The namespaces are only looked at when a pod's own path is not known. */
export function locate({ netns, addresses }: Endpoint, find: NamespaceWith, exists = existsSync): string | undefined {
  if (netns !== '') return exists(netns) ? netns : undefined;
  return addresses.length === 0 ? undefined : find(addresses);
}

/** Looks at every namespace in /run/netns; one that vanishes meanwhile is left out. */
export function namespaceWith(addresses: readonly Uint8Array[]): string | undefined {
  const names = existsSync(RUN_NETNS) ? readdirSync(RUN_NETNS) : [];
  return names.map((name) => join(RUN_NETNS, name)).find((path) => holds(path, addresses));
}

function holds(path: string, addresses: readonly Uint8Array[]): boolean {
  try {
    return privileged().holds(path, addresses);
  } catch {
    return false;
  }
}
