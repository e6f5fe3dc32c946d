import { existsSync } from 'node:fs';
import { BpfMap } from '@namewall/libbpf';
import { privileged } from '@namewall/privileged';
import { u32 } from '../codec.ts';
import { mapDefs } from '../gen/maps.gen.ts';
import { Config } from '../gen/structs.gen.ts';
import type { MapFacts, PinFacts } from './compare.ts';
import { mapPin } from './paths.ts';

const ZERO = u32.encode(0);

/** What is pinned under a root, whichever version wrote it. */
export function readPins(root: string): PinFacts {
  const maps = new Map<string, MapFacts>();
  let layout = 0;
  let indexBlocks = 0;
  for (const { name } of Object.values(mapDefs)) {
    if (!existsSync(mapPin(root, name))) continue;
    using map = BpfMap.openPinned(mapPin(root, name));
    maps.set(name, map.info);
    if (name === mapDefs.config.name) layout = firstWord(map, Config.offsets.layout);
    if (name === mapDefs.names.name) indexBlocks = blocksOf(map);
  }
  return { layout, maps, indexBlocks };
}

/** Opens the name index that is in use; undefined before there is one. The caller disposes it. */
export function openIndex(names: BpfMap): BpfMap | undefined {
  return firstWord(names, 0) === 0 ? undefined : privileged().innerMap(names);
}

function blocksOf(names: BpfMap): number {
  using inner = openIndex(names);
  return inner?.info.maxEntries ?? 0;
}

function firstWord(map: BpfMap, offset: number): number {
  const value = map.lookup(ZERO);
  return value === undefined ? 0 : u32.read(value, offset);
}
