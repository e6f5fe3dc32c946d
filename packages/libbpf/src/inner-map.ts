import { check, invalid } from './error.ts';
import { BpfMap } from './map.ts';
import { libbpf } from './native.ts';
import type { Pointer } from './native.ts';

/**
 * Replaces the inner template that the map of maps `outer` is declared with by one of `entries` entries. It must be
 * kept open until the object is loaded. (libbpf 1.1's own setter crashes on an inner map: it has no object there.)
 */
export function growInnerMap(name: string, outer: Pointer, entries: number): BpfMap {
  const lib = libbpf();
  const declared = lib.bpf_map__inner_map(outer);
  if (declared === null) {
    throw invalid(
      `BpfObject.setInnerMapEntries(${name})`,
      'not a map of maps with a declared inner map, or set before',
    );
  }
  const template = BpfMap.create({
    type: lib.bpf_map__type(declared),
    name: `${name}.inner`.slice(0, 15),
    keySize: lib.bpf_map__key_size(declared),
    valueSize: lib.bpf_map__value_size(declared),
    maxEntries: entries,
    flags: lib.bpf_map__map_flags(declared),
  });
  check(`bpf_map__set_inner_map_fd(${name})`, lib.bpf_map__set_inner_map_fd(outer, template.fd));
  return template;
}
