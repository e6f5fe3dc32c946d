import { NwSearch, type SearchList } from '@namewall/datapath';
import { nameHash, nameToWire } from '@namewall/policy/names';
import type { Endpoint } from '@namewall/protocol';

/**
 * An endpoint's search list as the programs compare it: by length and hash. Suffixes beyond the sixteenth,
 * and those that are no names, are left out: a name under them is then refused with REFUSED.
 */
export function searchListOf(endpoint: number, suffixes: readonly string[], key: Uint32Array): SearchList {
  const wires = suffixes.flatMap(wireOf).slice(0, NwSearch.MAX);
  const room = NwSearch.MAX - wires.length;
  return {
    endpoint,
    count: wires.length,
    lengths: Uint8Array.from([...wires.map((wire) => wire.length - 1), ...Array<number>(room).fill(0)]),
    hashes: [...wires.map((wire) => nameHash(wire, key)), ...Array<bigint>(room).fill(0n)],
  };
}

/**
 * Every suffix that a pod's resolver tries. The kubelet appends the node's own to the cluster's, except where
 * the pod brings its whole configuration along (`dnsPolicy: None`).
 */
export function suffixesOf(
  { search, dnsPolicy }: Pick<Endpoint, 'search' | 'dnsPolicy'>,
  nodeSearch: readonly string[],
): string[] {
  return [...new Set([...search, ...(dnsPolicy === 'None' ? [] : nodeSearch)])];
}

function wireOf(suffix: string): Uint8Array[] {
  try {
    const wire = nameToWire(suffix.toLowerCase());
    return wire.length > 1 ? [wire] : [];
  } catch {
    return [];
  }
}
