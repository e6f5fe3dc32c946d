import { DEFAULT_SIZES, type Sizes } from '../sizes.ts';
import type { MapModel } from './model.ts';

/** Which of {@link Sizes} says how many entries a map has; those that are not here never change. */
const SIZES: Readonly<Record<string, keyof Sizes>> = {
  endpoints: 'endpoints',
  usage: 'endpoints',
  endpoint_count: 'endpoints',
  searches: 'endpoints',
  netns: 'endpoints',
  fragments: 'endpoints',
  wildcard_names: 'endpoints',
  answers: 'endpoints',
  rulesets: 'rulesets',
  ruleset_ids: 'rulesets',
  ruleset_texts: 'rulesets',
  rules: 'rules',
  cidrs: 'cidrs',
  identities: 'identities',
  names: 'indexBlocks',
  pending: 'pending',
  learned: 'learned',
  flows: 'flows',
  streams: 'streams',
  stream_parts: 'streamParts',
  pods: 'pods',
  resolvers: 'resolvers',
  ranges: 'ranges',
  events: 'events',
};

/** What the kernel needs for an element of a hash or a trie beside key and value, rounded up. */
const BOOKKEEPING = 64;
const HASH = 1;
const LPM_TRIE = 11;
const PER_CPU_ARRAY = 6;
const RING_BUFFER = 27;
/** A value of a per-CPU map is there once for each; these maps are small. */
const CPUS = 64;

/** What the chart computes the agent's memory from: octets an entry, and how many there are by default. */
export function chartSizes(maps: readonly MapModel[]): string {
  const rows = maps.map((map) => {
    const size = SIZES[map.name];
    const { keySize, valueSize, maxEntries } = map.inner ?? map;
    const entries = size === undefined ? maxEntries : DEFAULT_SIZES[size];
    const overhead = map.type === HASH || map.type === LPM_TRIE ? BOOKKEEPING : 0;
    const octets = map.type === RING_BUFFER ? 1 : keySize + valueSize + overhead;
    // The name index is there twice while it is swapped.
    const copies = map.inner === undefined ? (map.type === PER_CPU_ARRAY ? CPUS : 1) : 2;
    const times = copies * Math.max(1, Math.round(maxEntries / entries));
    return `  - {name: ${map.name}, size: '${size ?? ''}', entries: ${entries}, times: ${times}, octets: ${octets}}\n`;
  });
  return `# From bpf/lib; written by \`make generate\`.\nmaps:\n${rows.join('')}`;
}
