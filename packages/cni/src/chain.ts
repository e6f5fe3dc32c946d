/** Our entry in the network configuration of a node (CNI specification 1.1, section 1). Pure. */

/** The plugin's name: that of its program. */
export const PLUGIN = 'namewall-cni';

export interface PluginEntry {
  readonly pinRoot: string;
  /** What becomes of a pod that cannot be attached. */
  readonly unknownPods: 'Open' | 'Quarantine';
  readonly hook: 'auto' | 'clsact';
}

/** What a configuration is with our entry as its last, or without it. `text` undefined: it is so already. */
export type Chained = { readonly text: string | undefined } | { readonly problem: string };

interface PluginLists {
  readonly plugins?: unknown;
}

/** @param text of a `.conflist` */
export function chain(text: string, entry: PluginEntry): Chained {
  const plugins = pluginsOf(text);
  if ('problem' in plugins) return plugins;
  const others = plugins.list.filter((plugin) => !isOurs(plugin));
  if (others.length === 0) return { problem: 'it has no plugin that makes an interface' };
  return written(text, plugins.list, [...others, { type: PLUGIN, ...entry }]);
}

/** @param text of a `.conflist` */
export function unchain(text: string): Chained {
  const plugins = pluginsOf(text);
  if ('problem' in plugins) return plugins;
  return written(
    text,
    plugins.list,
    plugins.list.filter((plugin) => !isOurs(plugin)),
  );
}

/** The configuration that runtimes take: the first by name. undefined: there is none. */
export function firstOf(names: readonly string[]): string | undefined {
  return names.filter((name) => /\.(?:conflist|conf|json)$/u.test(name)).toSorted()[0];
}

function pluginsOf(text: string): { readonly list: readonly unknown[] } | { readonly problem: string } {
  let value: PluginLists | null;
  try {
    value = JSON.parse(text) as PluginLists | null;
  } catch (error) {
    return { problem: `it is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const list = value?.plugins;
  return Array.isArray(list) ? { list } : { problem: 'it has no list of plugins' };
}

function written(text: string, before: readonly unknown[], plugins: readonly unknown[]): Chained {
  if (JSON.stringify(before) === JSON.stringify(plugins)) return { text: undefined };
  return { text: `${JSON.stringify({ ...(JSON.parse(text) as object), plugins }, null, 2)}\n` };
}

function isOurs(plugin: unknown): boolean {
  return typeof plugin === 'object' && plugin !== null && (plugin as { type?: unknown }).type === PLUGIN;
}
