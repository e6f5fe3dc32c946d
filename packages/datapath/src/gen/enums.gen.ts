// Generated from bpf/lib by packages/datapath/scripts/generate.ts. Change the C and run: make generate

/** enum nw_answer_size */
export const NwAnswerSize = {
  ADDRESSES_PER_ANSWER: 16,
  ANSWER_WAYS: 4,
} as const;
export type NwAnswerSize = (typeof NwAnswerSize)[keyof typeof NwAnswerSize];

/** enum nw_endpoint_flag */
export const NwEndpointFlag = {
  UNKNOWN: 1,
} as const;
export type NwEndpointFlag = (typeof NwEndpointFlag)[keyof typeof NwEndpointFlag];

/** enum nw_endpoint_size */
export const NwEndpointSize = {
  ADDRESSES: 2,
} as const;
export type NwEndpointSize = (typeof NwEndpointSize)[keyof typeof NwEndpointSize];

/** enum nw_event_flag */
export const NwEventFlag = {
  REFUSED: 1,
  AUDIT: 2,
} as const;
export type NwEventFlag = (typeof NwEventFlag)[keyof typeof NwEventFlag];

/** enum nw_event_kind */
export const NwEventKind = {
  QUERY: 1,
  ANSWER: 2,
  CONNECTION: 3,
  INBOUND: 4,
} as const;
export type NwEventKind = (typeof NwEventKind)[keyof typeof NwEventKind];

/** enum nw_flow_flag */
export const NwFlowFlag = {
  INBOUND: 1,
  GRANDFATHERED: 2,
  TCP_OPEN: 4,
  TCP_CLOSING: 8,
  UNTIL_CLOSE: 32,
  TCP_RESET: 64,
  AUDITED: 128,
  NEIGHBOUR: 16,
} as const;
export type NwFlowFlag = (typeof NwFlowFlag)[keyof typeof NwFlowFlag];

/** enum nw_flow_ruleset */
export const NwFlowRuleset = {
  FLOW_CUT: 2147483647,
} as const;
export type NwFlowRuleset = (typeof NwFlowRuleset)[keyof typeof NwFlowRuleset];

/** enum nw_fragment_size */
export const NwFragmentSize = {
  FRAGMENTS_PER_ENDPOINT: 16,
} as const;
export type NwFragmentSize = (typeof NwFragmentSize)[keyof typeof NwFragmentSize];

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

/** enum nw_layout */
export const NwLayout = {
  LAYOUT: 3,
} as const;
export type NwLayout = (typeof NwLayout)[keyof typeof NwLayout];

/** enum nw_learned_size */
export const NwLearnedSize = {
  IDENTITIES_PER_ADDRESS: 8,
} as const;
export type NwLearnedSize = (typeof NwLearnedSize)[keyof typeof NwLearnedSize];

/** enum nw_learned_state */
export const NwLearnedState = {
  LIVE: 0,
  CLAIMED: 1,
  DELETING: 2,
} as const;
export type NwLearnedState = (typeof NwLearnedState)[keyof typeof NwLearnedState];

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

/** enum nw_pending_size */
export const NwPendingSize = {
  IDENTITIES_PER_NAME: 8,
  NAME_MAX: 255,
} as const;
export type NwPendingSize = (typeof NwPendingSize)[keyof typeof NwPendingSize];

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

/** enum nw_program */
export const NwProgram = {
  POD_OUT: 0,
  POD_IN: 1,
  FALLBACK_OUT: 2,
  FALLBACK_IN: 3,
  ANSWER: 4,
  QUERY: 5,
  STREAM_OUT: 6,
  STREAM_IN: 7,
  PROGRAMS: 16,
} as const;
export type NwProgram = (typeof NwProgram)[keyof typeof NwProgram];

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

/** enum nw_reason */
export const NwReason = {
  REASON_NONE: 0,
  QUERY_ALLOWED: 1,
  QUERY_UNFILTERED: 2,
  QUERY_NO_RULE: 3,
  QUERY_DENIED: 4,
  QUERY_NOT_PLAIN: 5,
  QUERY_QUOTA: 6,
  QUERY_FULL: 7,
  QUERY_TCP_UNSEEN: 8,
  QUERY_NOT_REMEMBERED: 9,
  QUERY_AUDIT_REFUSE: 10,
  QUERY_EDNS_CLAMPED: 11,
  QUERY_ENCRYPTED: 12,
  QUERY_REVERSE: 13,
  QUERY_EXPANSION: 14,
  ANSWER_LEARNED: 20,
  ANSWER_NO_ADDRESS: 21,
  ANSWER_UNSOLICITED: 22,
  ANSWER_OTHER_QUESTION: 23,
  ANSWER_LATE: 24,
  ANSWER_REPEATED: 25,
  ANSWER_RCODE: 26,
  ANSWER_SHORT: 27,
  ANSWER_NOT_RESPONSE: 28,
  ANSWER_QDCOUNT: 29,
  ANSWER_BAD_NAME: 31,
  ANSWER_BAD_POINTER: 32,
  ANSWER_POINTER_CHAIN: 33,
  ANSWER_BAD_RDLENGTH: 34,
  ANSWER_CUT_RECORD: 35,
  ANSWER_TOO_MANY: 36,
  ANSWER_CHAIN_LONG: 37,
  ANSWER_BAD_CHAIN: 38,
  ANSWER_FRAGMENT: 39,
  ANSWER_RESERVED_ADDRESS: 40,
  ANSWER_TRAILING: 41,
  ANSWER_MALFORMED: 42,
  ANSWER_TOO_MANY_ADDRESSES: 43,
  ANSWER_NOT_BELIEVED: 44,
  ANSWER_AUTOPATH: 45,
  ANSWER_BEYOND: 46,
  LEARN_NEW: 50,
  LEARN_REFRESHED: 51,
  LEARN_QUOTA: 52,
  LEARN_FULL: 53,
  LEARN_IDENTITIES: 54,
  LEARN_RECORD_BUSY: 55,
  QUERY_IDENTITIES: 56,
  LEARN_CLAIMED: 57,
  LEARN_SHARED: 58,
  PASS_CONTROL: 70,
  PASS_FLOW: 71,
  PASS_RANGE: 72,
  PASS_CIDR: 73,
  PASS_NAME: 74,
  PASS_NOT_ISOLATED: 75,
  PASS_GRANDFATHERED: 76,
  PASS_UNSELECTED: 77,
  PASS_SWITCHED_OFF: 78,
  PASS_INBOUND_FLOW: 79,
  PASS_INBOUND: 80,
  PASS_NOT_IP: 81,
  PASS_AUDIT_DENY: 82,
  PASS_NOT_TRACKED: 83,
  PASS_SWITCHED_AUDIT: 84,
  PASS_INBOUND_QUOTA: 85,
  PASS_UNTIL_CLOSE: 86,
  PASS_FRAGMENT: 87,
  DENY_CIDR: 90,
  DENY_UNKNOWN: 91,
  DENY_EXPIRED: 92,
  DENY_PORT: 93,
  DENY_NAME: 94,
  DENY_MALFORMED: 95,
  DENY_FRAGMENT: 96,
  DENY_FLOW_QUOTA: 97,
  DENY_FLOW_FULL: 98,
  DENY_NO_ENDPOINT: 99,
  DENY_FALLBACK: 100,
  DENY_POSES_AS_RESOLVER: 101,
  DENY_NOT_IP: 102,
  DENY_SOURCE: 103,
  REPLY_REFUSED: 120,
  REPLY_RESET: 121,
  REPLY_UNREACHABLE: 122,
  REPLY_FAILED: 123,
  EVENT_LOST: 130,
  SWEPT_PENDING: 140,
  SWEPT_LEARNED: 141,
  SWEPT_FLOW: 142,
  SWEPT_STREAM: 143,
  STREAM_OPENED: 150,
  STREAM_SEGMENT: 151,
  STREAM_GAP: 152,
  STREAM_BUSY: 153,
  STREAM_CHANGED: 154,
  STREAM_URGENT: 155,
  STREAM_FAST_OPEN: 156,
  STREAM_QUOTA: 157,
  STREAM_FULL: 158,
  STREAM_LOST: 159,
  STREAM_PART: 160,
  STREAM_LONG: 161,
  STREAM_UNREADABLE: 162,
  SOCKET_SEEN: 163,
  SOCKET_FULL: 164,
  STREAM_REUSED: 165,
  STREAM_HANDSHAKE: 166,
  REASONS: 256,
} as const;
export type NwReason = (typeof NwReason)[keyof typeof NwReason];

/** enum nw_resolver */
export const NwResolver = {
  NONE: 0,
  PLAIN: 1,
  ENCRYPTED: 2,
} as const;
export type NwResolver = (typeof NwResolver)[keyof typeof NwResolver];

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

/** enum nw_search */
export const NwSearch = {
  MAX: 16,
} as const;
export type NwSearch = (typeof NwSearch)[keyof typeof NwSearch];

/** enum nw_stream_size */
export const NwStreamSize = {
  WINDOW: 2048,
  BOUNDARIES: 8,
  SHORT: 512,
  MESSAGE: 4095,
} as const;
export type NwStreamSize = (typeof NwStreamSize)[keyof typeof NwStreamSize];

/** enum nw_switch */
export const NwSwitch = {
  ON: 0,
  AUDIT: 1,
  OFF: 2,
} as const;
export type NwSwitch = (typeof NwSwitch)[keyof typeof NwSwitch];

/** enum nw_text */
export const NwText = {
  MAX: 64,
} as const;
export type NwText = (typeof NwText)[keyof typeof NwText];

/** enum nw_wildcard */
export const NwWildcard = {
  REGISTERS: 256,
} as const;
export type NwWildcard = (typeof NwWildcard)[keyof typeof NwWildcard];
