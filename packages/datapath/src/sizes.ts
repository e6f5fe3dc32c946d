import { DatapathError } from './errors.ts';
import { mapDefs } from './gen/maps.gen.ts';

/** How many of each thing fit. Set when the pins are made; later the pins decide. */
export interface Sizes {
  /** Endpoints on the node; a power of two. */
  readonly endpoints: number;
  /** Recent answers kept for each endpoint; a power of two. */
  readonly answersPerEndpoint: number;
  /** Rulesets; a power of two. */
  readonly rulesets: number;
  readonly rules: number;
  readonly cidrs: number;
  readonly identities: number;
  /** Blocks of 64 octets in the name index. */
  readonly indexBlocks: number;
  readonly pending: number;
  readonly learned: number;
  readonly flows: number;
  /** Connections to resolvers. */
  readonly streams: number;
  /** Answers on those of which the end is still to come. */
  readonly streamParts: number;
  readonly pods: number;
  readonly resolvers: number;
  readonly ranges: number;
  /** Octets of the event ring; a power of two, at least a page. */
  readonly events: number;
}

export const DEFAULT_SIZES: Sizes = {
  endpoints: mapDefs.endpoints.maxEntries,
  answersPerEndpoint: mapDefs.answers.maxEntries / mapDefs.endpoints.maxEntries,
  rulesets: mapDefs.rulesets.maxEntries,
  rules: mapDefs.rules.maxEntries,
  cidrs: mapDefs.cidrs.maxEntries,
  identities: mapDefs.identities.maxEntries,
  indexBlocks: mapDefs.names.inner.maxEntries,
  pending: mapDefs.pending.maxEntries,
  learned: mapDefs.learned.maxEntries,
  flows: mapDefs.flows.maxEntries,
  streams: mapDefs.streams.maxEntries,
  streamParts: mapDefs.streamParts.maxEntries,
  pods: mapDefs.pods.maxEntries,
  resolvers: mapDefs.resolvers.maxEntries,
  ranges: mapDefs.ranges.maxEntries,
  events: mapDefs.events.maxEntries,
};

/** Connections to resolvers that each endpoint may have: a sixteenth of the table, as with flows. */
export const streamQuota = ({ streams }: Pick<Sizes, 'streams'>): number => Math.max(1, streams >> 4);

const POWERS_OF_TWO: ReadonlySet<string> = new Set(['endpoints', 'answersPerEndpoint', 'rulesets', 'events']);
const PAGE = 4096;

/**
 * Fills in what is not given.
 * @throws DatapathError SIZE naming the size, its value and what it may be; a name that there is not, too
 */
export function checkSizes(given: Partial<Sizes>): Sizes {
  const sizes = { ...DEFAULT_SIZES, ...given };
  for (const [name, value] of Object.entries(sizes) as [keyof Sizes, number][]) {
    if (!(name in DEFAULT_SIZES)) {
      throw new DatapathError(
        'SIZE',
        `size ${name} is not known: give one of ${Object.keys(DEFAULT_SIZES).join(', ')}`,
      );
    }
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 31) {
      throw new DatapathError('SIZE', `size ${name} is ${value}: give a whole number in 1..2^31`);
    }
    if (POWERS_OF_TWO.has(name) && !Number.isInteger(Math.log2(value))) {
      throw new DatapathError('SIZE', `size ${name} is ${value}: give a power of two`);
    }
  }
  if (sizes.events < PAGE) {
    throw new DatapathError('SIZE', `size events is ${sizes.events}: give at least ${PAGE} octets`);
  }
  return sizes;
}

/** A size that was asked for and is not the one in use. */
export interface SizeConflict {
  readonly name: keyof Sizes;
  readonly asked: number;
  readonly pinned: number;
}

/** What was asked for and the pins decided otherwise. */
export function sizeConflicts(asked: Partial<Sizes>, pinned: Sizes): SizeConflict[] {
  return (Object.entries(asked) as [keyof Sizes, number | undefined][]).flatMap(([name, value]) =>
    value === undefined || value === pinned[name] ? [] : [{ name, asked: value, pinned: pinned[name] }],
  );
}

/** Entries of each map whose size can be chosen, by the map's name in C; the name index is apart. */
export function entriesOf(sizes: Sizes): ReadonlyMap<string, number> {
  return new Map([
    ['endpoints', sizes.endpoints],
    ['usage', sizes.endpoints],
    ['endpoint_count', sizes.endpoints],
    ['searches', sizes.endpoints],
    ['netns', sizes.endpoints],
    ['fragments', sizes.endpoints],
    ['wildcard_names', sizes.endpoints],
    ['answers', sizes.endpoints * sizes.answersPerEndpoint],
    ['rulesets', sizes.rulesets],
    ['ruleset_ids', sizes.rulesets],
    ['ruleset_texts', sizes.rulesets],
    ['rules', sizes.rules],
    ['cidrs', sizes.cidrs],
    ['identities', sizes.identities],
    ['pending', sizes.pending],
    ['learned', sizes.learned],
    ['flows', sizes.flows],
    ['streams', sizes.streams],
    ['stream_parts', sizes.streamParts],
    ['pods', sizes.pods],
    ['resolvers', sizes.resolvers],
    ['ranges', sizes.ranges],
    ['events', sizes.events],
  ]);
}

/** The sizes that maps with these entries have, by their names in C. */
export function sizesOf(entries: ReadonlyMap<string, number>, indexBlocks: number): Sizes {
  const of = (name: string): number => entries.get(name) ?? 0;
  return {
    endpoints: of('endpoints'),
    answersPerEndpoint: of('answers') / of('endpoints'),
    rulesets: of('rulesets'),
    rules: of('rules'),
    cidrs: of('cidrs'),
    identities: of('identities'),
    indexBlocks,
    pending: of('pending'),
    learned: of('learned'),
    flows: of('flows'),
    streams: of('streams'),
    streamParts: of('stream_parts'),
    pods: of('pods'),
    resolvers: of('resolvers'),
    ranges: of('ranges'),
    events: of('events'),
  };
}
