/** Our entry in the network configuration of a node (CNI specification 1.1, section 1). Pure. */

/** The plugin's name: that of its program. */
export const PLUGIN = 'namewall-cni';

export interface PluginEntry {
  readonly pinRoot: string;
  /** What becomes of a pod that cannot be attached. */
  readonly unknownPods: 'Open' | 'Quarantine';
  readonly hook: 'auto' | 'clsact';
  /** Where net → pod is read; absent: at the host's end. */
  readonly inbound?: 'Pod';
}

/** What a configuration is with our entry as its last. `text` undefined: it is so already. */
export type Chained = { readonly text: string | undefined } | { readonly problem: string };

/** What it is without us. `empty`: no plugin is left, and with such a list runtimes may refuse every other one too. */
export type Unchained = Chained | { readonly empty: true };

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
export function unchain(text: string): Unchained {
  const plugins = pluginsOf(text);
  if ('problem' in plugins) return plugins;
  const others = plugins.list.filter((plugin) => !isOurs(plugin));
  if (others.length === 0 && plugins.list.length > 0) return { empty: true };
  return written(text, plugins.list, others);
}

/** The configuration that runtimes take: the first by name. undefined: there is none. */
export function firstOf(names: readonly string[]): string | undefined {
  return names.filter((name) => /\.(?:conflist|conf|json)$/u.test(name)).toSorted()[0];
}

function pluginsOf(text: string): { readonly list: readonly unknown[] } | { readonly problem: string } {
  let value: PluginLists | null;
  try {
    value = parse(text) as PluginLists | null;
  } catch (error) {
    return { problem: `it is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const list = value?.plugins;
  return Array.isArray(list) ? { list } : { problem: 'it has no list of plugins' };
}

/** Indented and ended as it was. */
function written(text: string, before: readonly unknown[], plugins: readonly unknown[]): Chained {
  if (JSON.stringify(before) === JSON.stringify(plugins)) return { text: undefined };
  const [, indentation] = /^([ \t]+)\S/mu.exec(text) ?? [];
  const [end] = /\s*$/u.exec(text) ?? [];
  return { text: `${JSON.stringify({ ...(parse(text) as object), plugins }, null, indentation)}${end}` };
}

/** Numbers stay as they are written: of those above 2^53 a JavaScript number is another one. */
function parse(text: string): unknown {
  const asWritten = (_: string, value: unknown, { source }: { source?: string }): unknown =>
    typeof value === 'number' && source !== undefined ? raw.rawJSON(source) : value;
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown);
}

/** ECMAScript 2026, in Node since 22; its types do not know it yet. */
const raw = JSON as unknown as { readonly rawJSON: (source: string) => object };

function isOurs(plugin: unknown): boolean {
  return typeof plugin === 'object' && plugin !== null && (plugin as { type?: unknown }).type === PLUGIN;
}
