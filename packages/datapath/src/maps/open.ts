import { BpfMap, MapType } from '@namewall/libbpf';
import type { Codec } from '../codec.ts';
import { mapDefs } from '../gen/maps.gen.ts';
import { mapPin } from '../pins/paths.ts';
import { PerCpuMap, TypedMap } from './typed.ts';

type Defs = typeof mapDefs;

type Opened<D> = D extends { readonly key: Codec<infer K>; readonly value: Codec<infer V> }
  ? D extends { readonly type: 6 }
    ? PerCpuMap<K, V>
    : TypedMap<K, V>
  : BpfMap;

/** The pinned maps by their names in TypeScript; those without plain keys and values are bare. */
export type PinnedMaps = { readonly [N in keyof Defs]: Opened<Defs[N]> };

/** Opens every pinned map under `root`; the caller disposes them with {@link closeMaps}. */
export function openMaps(root: string): PinnedMaps {
  const opened: Record<string, unknown> = {};
  try {
    for (const [name, def] of Object.entries(mapDefs)) {
      const raw = BpfMap.openPinned(mapPin(root, def.name));
      opened[name] = raw;
      if (def.key === undefined || def.value === undefined) continue;
      const key = def.key as Codec<unknown>;
      const value = def.value as Codec<unknown>;
      opened[name] = def.type === MapType.PERCPU_ARRAY ? new PerCpuMap(raw, key, value) : new TypedMap(raw, key, value);
    }
  } catch (error) {
    closeMaps(opened as unknown as PinnedMaps);
    throw error;
  }
  return opened as unknown as PinnedMaps;
}

export function closeMaps(maps: PinnedMaps): void {
  for (const map of Object.values(maps)) (map instanceof BpfMap ? map : map.raw)[Symbol.dispose]();
}
