/** The pinned maps as the agent uses them: `Datapath.maps` fits. */
import type { PinnedMaps, TypedMap } from '@namewall/datapath';

export type Table<K, V> = Pick<TypedMap<K, V>, 'get' | 'set' | 'setAll' | 'delete' | 'entries' | 'keys'>;

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
  | 'searches'
  | 'usage'
  | 'pods'
  | 'pending'
  | 'learned'
  | 'answers'
  | 'flows';

export type Tables = {
  readonly [N in Used]: PinnedMaps[N] extends TypedMap<infer K, infer V> ? Table<K, V> : never;
};

/** Deletes each key; one that is gone already is no error. */
export function deleteAll<K>(table: { delete(key: K): boolean }, keys: Iterable<K>): void {
  for (const key of keys) table.delete(key);
}
