/**
 * Plain objects with the fields of proto/namewall/v1/stream.proto: camelCase, bytes as Uint8Array,
 * uint64 as bigint, enums as numbers. Addresses are 16 octets, IPv4 as ::ffff:a.b.c.d, and prefix
 * lengths count those 128 bits. Lists are sorted, so that equal content is equal, octet by octet.
 */

/** message NodeConfig */
export interface CompiledNodeConfig {
  readonly resolvers: readonly CompiledResolver[];
  readonly ranges: readonly CompiledRange[];
  readonly clusterDomain: string;
  readonly durations: CompiledDurations;
  readonly quotas: CompiledQuotas;
  /** enum UnknownPods: 0 open, 1 quarantine */
  readonly unknownPods: number;
  /** enum NodeSwitch: 0 on, 1 audit, 2 off */
  readonly nodeSwitch: number;
}

/** message Resolver: protocol is IANA's number, 17 UDP or 6 TCP */
export interface CompiledResolver {
  readonly address: Uint8Array;
  readonly port: number;
  readonly protocol: number;
}

/** message Range: flags are NwRangeFlag, with those of every covering prefix */
export interface CompiledRange {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly flags: number;
}

/** message Durations: nanoseconds; 0n = the agent's default */
export interface CompiledDurations {
  readonly ttlFloor: bigint;
  readonly ttlCeiling: bigint;
  readonly ttlGrace: bigint;
  readonly idleWindow: bigint;
  readonly pendingAge: bigint;
  readonly tcpIdle: bigint;
  readonly tcpOpening: bigint;
  readonly tcpClosing: bigint;
  readonly udpIdle: bigint;
  readonly icmpIdle: bigint;
  readonly grandfather: bigint;
}

/** message Quotas: entries for each endpoint; 0 = the agent's default */
export interface CompiledQuotas {
  readonly pending: number;
  readonly learned: number;
  readonly flowsOut: number;
  readonly flowsIn: number;
}

/** The fields of message Durations that a ruleset has; 0n = the node's. */
export type RulesetDurations = Pick<CompiledDurations, 'ttlFloor' | 'ttlCeiling' | 'ttlGrace' | 'idleWindow'>;

/** message Ruleset; flags are NwRulesetFlag */
export interface CompiledRuleset {
  readonly flags: number;
  readonly names: readonly CompiledNameRule[];
  readonly cidrs: readonly CompiledCidrRule[];
  readonly durations: RulesetDurations;
  readonly policies: readonly PolicyRef[];
}

/** message NameRule: query is NwQueryFlag */
export interface CompiledNameRule {
  readonly selector: string;
  readonly query: number;
  readonly rows: readonly CompiledRow[];
}

/** message CidrRule */
export interface CompiledCidrRule {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly rows: readonly CompiledRow[];
}

/** message PortRow: flags are NwRowFlag, policy is an index into the ruleset's policies */
export interface CompiledRow {
  readonly precedence: number;
  readonly protocol: number;
  readonly portFirst: number;
  readonly portLast: number;
  readonly flags: number;
  readonly policy: number;
}

/** message PolicyRef: namespace is '' for a cluster policy */
export interface PolicyRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** message Endpoint */
export interface CompiledEndpoint {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** a ruleset's id; '' = not selected */
  readonly ruleset: string;
  readonly search: readonly string[];
  readonly addresses: readonly Uint8Array[];
  readonly netns: string;
  readonly dnsPolicy: string;
}

/** A policy that could not be compiled and is not enforced. */
export interface RejectedPolicy {
  readonly policy: PolicyRef;
  /** a constant in CamelCase, for the Accepted condition */
  readonly reason: RejectionReason;
  /** what is wrong and what to do */
  readonly message: string;
}

/**
 * Invalid: does not validate. DuplicatePolicy: another of the same kind, namespace and name came first.
 * TooManyRows: a selector or CIDR needs more than NW_ROWS_PER_RULE rows. TooManyPatterns: more than
 * NW_PATTERNS_PER_LIST_MAX patterns of one pod end in one suffix.
 */
export type RejectionReason = 'Invalid' | 'DuplicatePolicy' | 'TooManyRows' | 'TooManyPatterns';

/** Why no policy applies to a pod that one selects. */
export type ExclusionReason = 'HostNetwork' | 'ResolverBackend' | 'ExcludedNamespace' | 'Finished';

/** What a policy selects: the source of its status. */
export interface PolicySelection {
  readonly policy: PolicyRef;
  /** UIDs of pods that it applies to, sorted */
  readonly pods: readonly string[];
  /** pods that it selects and that are left out, sorted by UID */
  readonly excluded: readonly { readonly uid: string; readonly reason: ExclusionReason }[];
}

export interface CompileResult {
  readonly nodeConfig: CompiledNodeConfig;
  /** by id, sorted by it */
  readonly rulesets: ReadonlyMap<string, CompiledRuleset>;
  /** sorted by UID */
  readonly endpoints: readonly CompiledEndpoint[];
  /** sorted by kind, namespace, name */
  readonly rejected: readonly RejectedPolicy[];
  /** sorted by kind, namespace, name; rejected policies are not in it */
  readonly selections: readonly PolicySelection[];
}
