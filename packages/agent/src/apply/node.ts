/** Writes the node's configuration: what is new before `config`, what is gone after it. */
import { type Config, type RangeKey, type ResolverKey, type SwitchOverride, switchPosition } from '@namewall/datapath';
import type { NodeConfig } from '@namewall/protocol';
import { planConfig } from '../plan/config.ts';
import { inheritFlags } from '../plan/ranges.ts';
import { planResolvers } from '../plan/resolvers.ts';
import type { Table, Tables } from './tables.ts';

const NOTHING = [0n, 0n, 0n, 0n];
const ALWAYS_LOOK_UP = { unreservedV4: NOTHING, unreservedV6: NOTHING };

type NodeTables = Pick<Tables, 'config' | 'resolvers' | 'ranges'>;

const bytesKey = (key: ResolverKey | RangeKey): string =>
  'port' in key
    ? `${Buffer.from(key.address).toString('hex')}/${key.port}/${key.protocol}`
    : `${Buffer.from(key.address).toString('hex')}/${key.prefixLength}`;

/** Upserts at once; the result removes what is no longer wanted. */
function reconcile<K extends ResolverKey | RangeKey>(
  table: Table<K, number>,
  wanted: readonly (readonly [K, number])[],
): () => void {
  const held = new Map([...table.entries()].map(([key, value]) => [bytesKey(key), { key, value }]));
  for (const [key, value] of wanted) {
    const at = bytesKey(key);
    if (held.get(at)?.value !== value) table.set(key, value);
    held.delete(at);
  }
  return () => {
    for (const { key } of held.values()) table.delete(key);
  };
}

/**
 * Idempotent. `node` undefined: the operator said nothing yet and what is pinned stays.
 * @param defaults what `config` holds where the operator leaves it open
 * @param override this node's own word on its switch; it counts over the operator's
 */
export function writeNodeConfig(
  tables: NodeTables,
  node: NodeConfig | undefined,
  defaults: Config,
  override: SwitchOverride | undefined,
): void {
  if (node === undefined) return;
  // Until the bits of `config` and `ranges` say the same again, every address is looked up.
  updateConfig(tables, (held) => ({ ...held, ...ALWAYS_LOOK_UP }));
  const removeResolvers = reconcile(tables.resolvers, planResolvers(node.resolvers));
  const removeRanges = reconcile(
    tables.ranges,
    inheritFlags(node.ranges).map(
      ({ prefix, prefixLength, flags }) => [{ prefixLength, address: prefix }, flags] as const,
    ),
  );
  updateConfig(tables, (held) => {
    const { listeners, namesVersion, clockOffset } = held;
    const planned = planConfig(node, defaults, { listeners, namesVersion, clockOffset });
    return { ...planned, nodeSwitch: switchPosition(override, planned.nodeSwitch) };
  });
  removeResolvers();
  removeRanges();
}

/** Writes the switch alone. */
export function writeSwitch(
  tables: NodeTables,
  node: NodeConfig | undefined,
  defaults: Config,
  override: SwitchOverride | undefined,
): void {
  const position = switchPosition(override, node?.nodeSwitch ?? defaults.nodeSwitch);
  updateConfig(tables, (held) => (held.nodeSwitch === position ? held : { ...held, nodeSwitch: position }));
}

/** Reads, changes and writes the one element of `config`. The agent is its only writer. */
export function updateConfig({ config }: Pick<Tables, 'config'>, change: (held: Config) => Config): void {
  const held = config.get(0);
  if (held !== undefined) config.set(0, change(held));
}
