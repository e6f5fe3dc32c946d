/** Where a pod's network namespace is: where its source says, else the one in /run/netns that has its addresses. */
import { existsSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { inNetns } from '@namewall/libbpf';
import { parseAddress } from '@namewall/policy/names';
import type { Endpoint } from '@namewall/protocol';

const RUN_NETNS = '/run/netns';

/** Addresses (hex of 16 octets) by namespace, as far as they can be read. */
export type AddressesOf = () => ReadonlyMap<string, ReadonlySet<string>>;

const hex = (address: Uint8Array): string => Buffer.from(address).toString('hex');

/** The namespaces are only read when a pod's own path is not known. */
export function locate(
  { netns, addresses }: Endpoint,
  addressesOf: AddressesOf,
  exists = existsSync,
): string | undefined {
  if (netns !== '') return exists(netns) ? netns : undefined;
  if (addresses.length === 0) return undefined;
  const wanted = addresses.map(hex);
  for (const [path, held] of addressesOf()) if (wanted.every((address) => held.has(address))) return path;
  return undefined;
}

/** Reads every namespace in /run/netns; one that vanishes meanwhile is left out. */
export function readNamespaces(directory = RUN_NETNS): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const path = join(directory, name);
    try {
      const links = inNetns(path, () => networkInterfaces());
      const addresses = Object.values(links).flatMap((list) => list ?? []);
      found.set(path, new Set(addresses.map(({ address }) => hex(parseAddress(address.replace(/%.*$/, ''))))));
    } catch {
      continue;
    }
  }
  return found;
}
