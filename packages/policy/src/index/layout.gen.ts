// Generated from bpf/lib by packages/datapath/scripts/generate.ts. Change the C and run: make generate

// Octets of each struct of the name index, and where its fields begin.

/** struct index_slot */
export const IndexSlot = {
  SIZE: 8,
  tag: 0,
  block: 4,
} as const;

/** struct index_bucket */
export const IndexBucket = {
  SIZE: 64,
  slots: 0,
} as const;

/** struct index_glob_label */
export const IndexGlobLabel = {
  SIZE: 128,
  length: 0,
  text: 1,
} as const;

/** struct index_header */
export const IndexHeader = {
  SIZE: 64,
  magic: 0,
  bucketBase: 4,
  bucketMask: 8,
  rootNode: 12,
  blocks: 16,
  selectors: 20,
  version: 24,
} as const;

/** struct index_list */
export const IndexList = {
  SIZE: 64,
  ruleset: 0,
  node: 4,
  count: 8,
  next: 12,
  patterns: 16,
} as const;

/** struct index_node */
export const IndexNode = {
  SIZE: 64,
  handle: 0,
  length: 4,
  words: 16,
} as const;

/** struct pattern_label */
export const PatternLabel = {
  SIZE: 24,
  minLength: 0,
  maxLength: 1,
  prefixLength: 2,
  suffixLength: 3,
  prefix: 8,
  suffix: 16,
} as const;

/** struct index_pattern */
export const IndexPattern = {
  SIZE: 128,
  handle: 0,
  kind: 4,
  labelCount: 5,
  many: 6,
  text: 8,
  labels: 16,
} as const;
