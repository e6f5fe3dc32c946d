/**
 * How large a policy may be. They bound what one object can make the operator, the stream and the
 * kernel's tables carry; more pods or more policies are what scales. Checked by validate().
 */

/** Entries by name of one policy, egress and egressDeny together. */
export const SELECTORS_PER_POLICY_MAX = 1000;
/** Entries by CIDR of one policy, egress and egressDeny together; the node's table holds 16,384. */
export const CIDRS_PER_POLICY_MAX = 1000;
/**
 * Rules in `egress` and rules in `egressDeny`. Times the next, this is how often a check of one entry can run, and the
 * API server bounds the cost of all checks: 64 × 500 leaves room for messages that name the fix.
 */
export const RULES_MAX = 64;
/** Entries in `to` of one rule. */
export const PEERS_PER_RULE_MAX = 500;
/** Entries in `ports` of one rule; NW_ROWS_PER_RULE in bpf/lib/ruleset.h is what one selector can hold. */
export const PORTS_PER_RULE_MAX = 16;
/** Expressions in a label selector, and values in an expression. */
export const EXPRESSIONS_MAX = 64;
/** Labels of a label selector's matchLabels. */
export const LABELS_MAX = 64;
/** Trusted resolvers of a node; the node's table holds 1,024 (address, port, protocol). */
export const RESOLVERS_MAX = 512;
/** CIDRs in one list of `ranges`; the node's table holds 4,096. */
export const RANGES_MAX = 512;
/** The longest duration: a year. */
export const DURATION_MAX_HOURS = 8760;
/** Characters of a duration as it is written. */
export const DURATION_TEXT_MAX = 32;
