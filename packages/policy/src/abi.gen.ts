// Generated from bpf/lib by packages/datapath/scripts/generate.ts. Change the C and run: make generate

/** enum nw_index */
export const NwIndex = {
  INDEX_MAGIC: 827217742,
  INDEX_BLOCK: 64,
  INDEX_SLOTS: 8,
  INDEX_PROBES: 2,
  INDEX_HAS_PATTERNS: 1073741824,
  NODE_NAME: 48,
  LIST_PATTERNS: 12,
  PATTERN_LABELS: 4,
  PATTERN_BLOCKS: 2,
  GLOB_LABEL_BLOCKS: 2,
  GLOB_LABEL_TEXT: 127,
  PATTERNS_PER_LIST_MAX: 64,
  HASH_WORDS: 68,
} as const;
export type NwIndex = (typeof NwIndex)[keyof typeof NwIndex];

/** enum nw_pattern_kind */
export const NwPatternKind = {
  TYPED: 0,
  GLOB: 1,
} as const;
export type NwPatternKind = (typeof NwPatternKind)[keyof typeof NwPatternKind];

/** enum nw_pattern_many */
export const NwPatternMany = {
  MANY_NONE: 0,
  MANY_LABELS: 1,
  MANY_ANY: 2,
} as const;
export type NwPatternMany = (typeof NwPatternMany)[keyof typeof NwPatternMany];

/** enum nw_precedence */
export const NwPrecedence = {
  CLUSTER_CIDR_DENY: 1000,
  CIDR_DENY: 2000,
  STRICT_NAME_DENY: 2500,
  ALLOW: 3000,
  NAME_DENY: 4000,
  NONE: 65535,
} as const;
export type NwPrecedence = (typeof NwPrecedence)[keyof typeof NwPrecedence];

/** enum nw_query_flag */
export const NwQueryFlag = {
  ALLOW: 1,
  DENY: 2,
  AUDIT_ALLOW: 4,
  AUDIT_DENY: 8,
} as const;
export type NwQueryFlag = (typeof NwQueryFlag)[keyof typeof NwQueryFlag];

/** enum nw_range_flag */
export const NwRangeFlag = {
  CLUSTER: 1,
  API_SERVER: 2,
  RESERVED: 4,
  METADATA: 8,
} as const;
export type NwRangeFlag = (typeof NwRangeFlag)[keyof typeof NwRangeFlag];

/** enum nw_row_flag */
export const NwRowFlag = {
  DENY: 1,
  AUDIT: 2,
} as const;
export type NwRowFlag = (typeof NwRowFlag)[keyof typeof NwRowFlag];

/** enum nw_rows */
export const NwRows = {
  PER_RULE: 16,
} as const;
export type NwRows = (typeof NwRows)[keyof typeof NwRows];

/** enum nw_ruleset_flag */
export const NwRulesetFlag = {
  ISOLATED: 1,
  FILTER_NAMES: 2,
  STRICT_DENY: 4,
  REJECT_NXDOMAIN: 8,
  REJECT_SILENT: 16,
  AUDIT_ISOLATED: 32,
  AUDIT_FILTER_NAMES: 64,
  HAS_AUDIT: 128,
  CUT_ON_CLOSE: 256,
  AUDIT_ONLY: 512,
} as const;
export type NwRulesetFlag = (typeof NwRulesetFlag)[keyof typeof NwRulesetFlag];
