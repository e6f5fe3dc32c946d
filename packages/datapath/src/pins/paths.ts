import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What stands under a root in bpffs:
 *
 *   <map>                   each map by its name in C
 *   progs/<program>         the programs that `programs` points to, and sweep_start
 *   links/<number>-out|in   TCX links
 *   sockets/map, link       the pods' sockets to resolvers, and what puts them there
 *   filters/<number>-out|in      the program of a clsact filter
 *   filters/<number>-out|in-at   a symbolic link whose text says where that filter is
 *   cni/<number>            a symbolic link: the sandbox that the CNI plugin set the endpoint's hooks for
 *   cni/missed-<uid>        a symbolic link: why a pod came up without its hooks
 */
export const DEFAULT_ROOT = '/sys/fs/bpf/namewall';

export const mapPin = (root: string, map: string): string => join(root, map);
export const programsDir = (root: string): string => join(root, 'progs');
export const linksDir = (root: string): string => join(root, 'links');
export const socketsDir = (root: string): string => join(root, 'sockets');
export const cniDir = (root: string): string => join(root, 'cni');
export const filtersDir = (root: string): string => join(root, 'filters');

/** Names in a directory, sorted; none when it is not there. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
