/** The pinned maps as the agent uses them: `Datapath.maps` fits. */
import { LibbpfError, UpdateFlag } from '@namewall/libbpf';
import type { PinnedMaps, TypedMap } from '@namewall/datapath';

export type Table<K, V> = Pick<TypedMap<K, V>, 'get' | 'set' | 'setAll' | 'delete' | 'entries' | 'keys'>;

/** Writes an entry only where one is: false when it is gone. What a program deleted never comes back by us. */
export function replace<K, V>(table: Pick<TypedMap<K, V>, 'raw' | 'key' | 'value'>, key: K, value: V): boolean {
  try {
    table.raw.update(table.key.encode(key), table.value.encode(value), UpdateFlag.EXIST);
    return true;
  } catch (error) {
    if (error instanceof LibbpfError && error.code === 'ENOENT') return false;
    throw error;
  }
}

type Used =
  | 'config'
  | 'resolvers'
  | 'ranges'
  | 'rulesets'
  | 'rulesetTexts'
  | 'rulesetIds'
  | 'rules'
  | 'cidrs'
  | 'identities'
  | 'endpoints'
  | 'netns'
  | 'searches'
  | 'usage'
  | 'wildcardNames'
  | 'pods'
  | 'pending'
  | 'learned'
  | 'answers'
  | 'flows'
  | 'streams'
  | 'streamParts';

export type Tables = {
  readonly [N in Used]: PinnedMaps[N] extends TypedMap<infer K, infer V> ? Table<K, V> : never;
} & Pick<PinnedMaps, 'pending' | 'answers' | 'endpointCount' | 'flows'>;

/** Deletes each key; one that is gone already is no error. */
export function deleteAll<K>(table: { delete(key: K): boolean }, keys: Iterable<K>): void {
  for (const key of keys) table.delete(key);
}
