// Generated from bpf/lib by packages/datapath/scripts/generate.ts. Change the C and run: make generate

import { type StructCodec, array, be16, octets, struct, text, u16, u32, u64, u8 } from '../codec.ts';

/** struct allocator */
export interface Allocator {
  nextEndpoint: number;
  nextRuleset: number;
  nextHandle: number;
}
export const Allocator: StructCodec<Allocator> = struct<Allocator>('allocator', 16, [
  ['nextEndpoint', 0, u32],
  ['nextRuleset', 4, u32],
  ['nextHandle', 8, u32],
]);

/** struct backfill */
export interface Backfill {
  endpoint: number;
  handle: number;
  expires: bigint;
  nameHash: bigint;
  address: Uint8Array;
}
export const Backfill: StructCodec<Backfill> = struct<Backfill>('backfill', 40, [
  ['endpoint', 0, u32],
  ['handle', 4, u32],
  ['expires', 8, u64],
  ['nameHash', 16, u64],
  ['address', 24, octets(16)],
]);

/** struct cidr_key */
export interface CidrKey {
  prefixLength: number;
  ruleset: number;
  address: Uint8Array;
}
export const CidrKey: StructCodec<CidrKey> = struct<CidrKey>('cidr_key', 24, [
  ['prefixLength', 0, u32],
  ['ruleset', 4, u32],
  ['address', 8, octets(16)],
]);

/** struct config */
export interface Config {
  layout: number;
  nodeSwitch: number;
  listeners: number;
  namesVersion: number;
  clockOffset: bigint;
  ttlFloor: bigint;
  ttlCeiling: bigint;
  ttlGrace: bigint;
  idleWindow: bigint;
  pendingAge: bigint;
  tcpIdle: bigint;
  tcpOpening: bigint;
  tcpClosing: bigint;
  udpIdle: bigint;
  icmpIdle: bigint;
  grandfather: bigint;
  quotaPending: number;
  quotaLearned: number;
  quotaFlowsOut: number;
  quotaFlowsIn: number;
  resolverPorts: bigint[];
  unreservedV4: bigint[];
  unreservedV6: bigint[];
}
export const Config: StructCodec<Config> = struct<Config>('config', 224, [
  ['layout', 0, u32],
  ['nodeSwitch', 4, u32],
  ['listeners', 8, u32],
  ['namesVersion', 12, u32],
  ['clockOffset', 16, u64],
  ['ttlFloor', 24, u64],
  ['ttlCeiling', 32, u64],
  ['ttlGrace', 40, u64],
  ['idleWindow', 48, u64],
  ['pendingAge', 56, u64],
  ['tcpIdle', 64, u64],
  ['tcpOpening', 72, u64],
  ['tcpClosing', 80, u64],
  ['udpIdle', 88, u64],
  ['icmpIdle', 96, u64],
  ['grandfather', 104, u64],
  ['quotaPending', 112, u32],
  ['quotaLearned', 116, u32],
  ['quotaFlowsOut', 120, u32],
  ['quotaFlowsIn', 124, u32],
  ['resolverPorts', 128, array(u64, 4)],
  ['unreservedV4', 160, array(u64, 4)],
  ['unreservedV6', 192, array(u64, 4)],
]);

/** struct endpoint */
export interface Endpoint {
  number: number;
  ruleset: number;
  flags: number;
  netnsCookie: bigint;
  selectedAt: bigint;
  addresses: Uint8Array[];
}
export const Endpoint: StructCodec<Endpoint> = struct<Endpoint>('endpoint', 64, [
  ['number', 0, u32],
  ['ruleset', 4, u32],
  ['flags', 8, u32],
  ['netnsCookie', 16, u64],
  ['selectedAt', 24, u64],
  ['addresses', 32, array(octets(16), 2)],
]);

/** struct endpoint_counts */
export interface EndpointCounts {
  queries: bigint;
  refused: bigint;
  answers: bigint;
  learned: bigint;
  allowed: bigint;
  denied: bigint;
  auditDenied: bigint;
  inbound: bigint;
  wildcardQueries: bigint;
  wildcardOctets: bigint;
  replies: bigint;
}
export const EndpointCounts: StructCodec<EndpointCounts> = struct<EndpointCounts>('endpoint_counts', 88, [
  ['queries', 0, u64],
  ['refused', 8, u64],
  ['answers', 16, u64],
  ['learned', 24, u64],
  ['allowed', 32, u64],
  ['denied', 40, u64],
  ['auditDenied', 48, u64],
  ['inbound', 56, u64],
  ['wildcardQueries', 64, u64],
  ['wildcardOctets', 72, u64],
  ['replies', 80, u64],
]);

/** struct event */
export interface Event {
  time: bigint;
  endpoint: number;
  ruleset: number;
  handle: number;
  reason: number;
  kind: number;
  flags: number;
  remote: Uint8Array;
  local: Uint8Array;
  remotePort: number;
  localPort: number;
  protocol: number;
  nameLength: number;
  qtype: number;
  precedence: number;
  count: number;
  rcode: number;
  nameHash: bigint;
  name: Uint8Array;
}
export const Event: StructCodec<Event> = struct<Event>('event', 336, [
  ['time', 0, u64],
  ['endpoint', 8, u32],
  ['ruleset', 12, u32],
  ['handle', 16, u32],
  ['reason', 20, u16],
  ['kind', 22, u8],
  ['flags', 23, u8],
  ['remote', 24, octets(16)],
  ['local', 40, octets(16)],
  ['remotePort', 56, be16],
  ['localPort', 58, be16],
  ['protocol', 60, u8],
  ['nameLength', 61, u8],
  ['qtype', 62, be16],
  ['precedence', 64, u16],
  ['count', 66, u16],
  ['rcode', 68, u32],
  ['nameHash', 72, u64],
  ['name', 80, octets(256)],
]);

/** struct flow */
export interface Flow {
  expires: bigint;
  created: bigint;
  ruleset: number;
  handle: number;
  reason: number;
  flags: number;
  claimed: number;
  kept: number;
}
export const Flow: StructCodec<Flow> = struct<Flow>('flow', 32, [
  ['expires', 0, u64],
  ['created', 8, u64],
  ['ruleset', 16, u32],
  ['handle', 20, u32],
  ['reason', 24, u16],
  ['flags', 26, u8],
  ['claimed', 27, u8],
  ['kept', 28, u32],
]);

/** struct flow_key */
export interface FlowKey {
  endpoint: number;
  remote: Uint8Array;
  local: Uint8Array;
  remotePort: number;
  localPort: number;
  protocol: number;
}
export const FlowKey: StructCodec<FlowKey> = struct<FlowKey>('flow_key', 44, [
  ['endpoint', 0, u32],
  ['remote', 4, octets(16)],
  ['local', 20, octets(16)],
  ['remotePort', 36, be16],
  ['localPort', 38, be16],
  ['protocol', 40, u8],
]);

/** struct fragment */
export interface Fragment {
  sequence: number;
  endpoint: number;
  ruleset: number;
  id: number;
  expires: bigint;
  remote: Uint8Array;
  local: Uint8Array;
  judged: number;
  protocol: number;
}
export const Fragment: StructCodec<Fragment> = struct<Fragment>('fragment', 64, [
  ['sequence', 0, u32],
  ['endpoint', 4, u32],
  ['ruleset', 8, u32],
  ['id', 12, u32],
  ['expires', 16, u64],
  ['remote', 24, octets(16)],
  ['local', 40, octets(16)],
  ['judged', 56, u16],
  ['protocol', 58, u8],
]);

/** struct fragments */
export interface Fragments {
  slots: Fragment[];
}
export const Fragments: StructCodec<Fragments> = struct<Fragments>('fragments', 1024, [
  ['slots', 0, array(Fragment, 16)],
]);

/** struct framing */
export interface Framing {
  left: number;
  length: number;
  seen: number;
  high: number;
}
export const Framing: StructCodec<Framing> = struct<Framing>('framing', 8, [
  ['left', 0, u32],
  ['length', 4, u16],
  ['seen', 6, u8],
  ['high', 7, u8],
]);

/** struct hash_key */
export interface HashKey {
  words: number[];
}
export const HashKey: StructCodec<HashKey> = struct<HashKey>('hash_key', 272, [['words', 0, array(u32, 68)]]);

/** struct identity */
export interface Identity {
  id: Uint8Array;
  length: number;
  selector: string;
}
export const Identity: StructCodec<Identity> = struct<Identity>('identity', 288, [
  ['id', 0, octets(16)],
  ['length', 16, u32],
  ['selector', 20, text(268)],
]);

/** struct index_slot */
export interface IndexSlot {
  tag: number;
  block: number;
}
export const IndexSlot: StructCodec<IndexSlot> = struct<IndexSlot>('index_slot', 8, [
  ['tag', 0, u32],
  ['block', 4, u32],
]);

/** struct index_bucket */
export interface IndexBucket {
  slots: IndexSlot[];
}
export const IndexBucket: StructCodec<IndexBucket> = struct<IndexBucket>('index_bucket', 64, [
  ['slots', 0, array(IndexSlot, 8)],
]);

/** struct index_glob_label */
export interface IndexGlobLabel {
  length: number;
  text: Uint8Array;
}
export const IndexGlobLabel: StructCodec<IndexGlobLabel> = struct<IndexGlobLabel>('index_glob_label', 128, [
  ['length', 0, u8],
  ['text', 1, octets(127)],
]);

/** struct index_header */
export interface IndexHeader {
  magic: number;
  bucketBase: number;
  bucketMask: number;
  rootNode: number;
  blocks: number;
  selectors: number;
  version: Uint8Array;
}
export const IndexHeader: StructCodec<IndexHeader> = struct<IndexHeader>('index_header', 64, [
  ['magic', 0, u32],
  ['bucketBase', 4, u32],
  ['bucketMask', 8, u32],
  ['rootNode', 12, u32],
  ['blocks', 16, u32],
  ['selectors', 20, u32],
  ['version', 24, octets(16)],
]);

/** struct index_list */
export interface IndexList {
  ruleset: number;
  node: number;
  count: number;
  next: number;
  patterns: number[];
}
export const IndexList: StructCodec<IndexList> = struct<IndexList>('index_list', 64, [
  ['ruleset', 0, u32],
  ['node', 4, u32],
  ['count', 8, u16],
  ['next', 12, u32],
  ['patterns', 16, array(u32, 12)],
]);

/** struct index_node */
export interface IndexNode {
  handle: number;
  length: number;
  words: bigint[];
}
export const IndexNode: StructCodec<IndexNode> = struct<IndexNode>('index_node', 64, [
  ['handle', 0, u32],
  ['length', 4, u8],
  ['words', 16, array(u64, 6)],
]);

/** struct pattern_label */
export interface PatternLabel {
  minLength: number;
  maxLength: number;
  prefixLength: number;
  suffixLength: number;
  prefix: bigint;
  suffix: bigint;
}
export const PatternLabel: StructCodec<PatternLabel> = struct<PatternLabel>('pattern_label', 24, [
  ['minLength', 0, u8],
  ['maxLength', 1, u8],
  ['prefixLength', 2, u8],
  ['suffixLength', 3, u8],
  ['prefix', 8, u64],
  ['suffix', 16, u64],
]);

/** struct index_pattern */
export interface IndexPattern {
  handle: number;
  kind: number;
  labelCount: number;
  many: number;
  text: number;
  labels: PatternLabel[];
}
export const IndexPattern: StructCodec<IndexPattern> = struct<IndexPattern>('index_pattern', 128, [
  ['handle', 0, u32],
  ['kind', 4, u8],
  ['labelCount', 5, u8],
  ['many', 6, u8],
  ['text', 8, u32],
  ['labels', 16, array(PatternLabel, 4)],
]);

/** struct learned */
export interface Learned {
  state: number;
  used: bigint;
  handles: number[];
  expires: bigint[];
  names: bigint[];
}
export const Learned: StructCodec<Learned> = struct<Learned>('learned', 176, [
  ['state', 0, u32],
  ['used', 8, u64],
  ['handles', 16, array(u32, 8)],
  ['expires', 48, array(u64, 8)],
  ['names', 112, array(u64, 8)],
]);

/** struct learned_key */
export interface LearnedKey {
  endpoint: number;
  address: Uint8Array;
}
export const LearnedKey: StructCodec<LearnedKey> = struct<LearnedKey>('learned_key', 20, [
  ['endpoint', 0, u32],
  ['address', 4, octets(16)],
]);

/** struct pending */
export interface Pending {
  created: bigint;
  nameHash: bigint;
  queries: number;
  answers: number;
  handles: number[];
  qtype: number;
  nameLength: number;
  handleCount: number;
  labels: number;
  name: Uint8Array;
}
export const Pending: StructCodec<Pending> = struct<Pending>('pending', 320, [
  ['created', 0, u64],
  ['nameHash', 8, u64],
  ['queries', 16, u32],
  ['answers', 20, u32],
  ['handles', 24, array(u32, 8)],
  ['qtype', 56, be16],
  ['nameLength', 58, u8],
  ['handleCount', 59, u8],
  ['labels', 60, u32],
  ['name', 64, octets(256)],
]);

/** struct pending_key */
export interface PendingKey {
  endpoint: number;
  server: Uint8Array;
  serverPort: number;
  podPort: number;
  id: number;
  protocol: number;
}
export const PendingKey: StructCodec<PendingKey> = struct<PendingKey>('pending_key', 28, [
  ['endpoint', 0, u32],
  ['server', 4, octets(16)],
  ['serverPort', 20, be16],
  ['podPort', 22, be16],
  ['id', 24, be16],
  ['protocol', 26, u8],
]);

/** struct pod */
export interface Pod {
  endpoint: number;
  ruleset: number;
  ifindex: number;
  flags: number;
  namespace: string;
  name: string;
  netns: string;
}
export const Pod: StructCodec<Pod> = struct<Pod>('pod', 464, [
  ['endpoint', 0, u32],
  ['ruleset', 4, u32],
  ['ifindex', 8, u32],
  ['flags', 12, u32],
  ['namespace', 16, text(64)],
  ['name', 80, text(256)],
  ['netns', 336, text(128)],
]);

/** struct pod_key */
export interface PodKey {
  uid: string;
}
export const PodKey: StructCodec<PodKey> = struct<PodKey>('pod_key', 64, [['uid', 0, text(64)]]);

/** struct range_key */
export interface RangeKey {
  prefixLength: number;
  address: Uint8Array;
}
export const RangeKey: StructCodec<RangeKey> = struct<RangeKey>('range_key', 20, [
  ['prefixLength', 0, u32],
  ['address', 4, octets(16)],
]);

/** struct recent_answer */
export interface RecentAnswer {
  sequence: number;
  endpoint: number;
  nameHash: bigint;
  nameLength: number;
  count: number;
  cursor: number;
  written: number;
  name: Uint8Array;
  addresses: Uint8Array[];
  expires: bigint[];
}
export const RecentAnswer: StructCodec<RecentAnswer> = struct<RecentAnswer>('recent_answer', 664, [
  ['sequence', 0, u32],
  ['endpoint', 4, u32],
  ['nameHash', 8, u64],
  ['nameLength', 16, u8],
  ['count', 17, u8],
  ['cursor', 18, u16],
  ['written', 20, u32],
  ['name', 24, octets(256)],
  ['addresses', 280, array(octets(16), 16)],
  ['expires', 536, array(u64, 16)],
]);

/** struct resolver_key */
export interface ResolverKey {
  address: Uint8Array;
  port: number;
  protocol: number;
}
export const ResolverKey: StructCodec<ResolverKey> = struct<ResolverKey>('resolver_key', 20, [
  ['address', 0, octets(16)],
  ['port', 16, be16],
  ['protocol', 18, u8],
]);

/** struct row */
export interface Row {
  precedence: number;
  portFirst: number;
  portLast: number;
  protocol: number;
  flags: number;
}
export const Row: StructCodec<Row> = struct<Row>('row', 8, [
  ['precedence', 0, u16],
  ['portFirst', 2, u16],
  ['portLast', 4, u16],
  ['protocol', 6, u8],
  ['flags', 7, u8],
]);

/** struct rule */
export interface Rule {
  count: number;
  query: number;
  rows: Row[];
}
export const Rule: StructCodec<Rule> = struct<Rule>('rule', 136, [
  ['count', 0, u16],
  ['query', 2, u8],
  ['rows', 8, array(Row, 16)],
]);

/** struct rule_key */
export interface RuleKey {
  ruleset: number;
  handle: number;
}
export const RuleKey: StructCodec<RuleKey> = struct<RuleKey>('rule_key', 8, [
  ['ruleset', 0, u32],
  ['handle', 4, u32],
]);

/** struct ruleset */
export interface Ruleset {
  number: number;
  flags: number;
  ttlFloor: bigint;
  ttlCeiling: bigint;
  ttlGrace: bigint;
  idleWindow: bigint;
}
export const Ruleset: StructCodec<Ruleset> = struct<Ruleset>('ruleset', 40, [
  ['number', 0, u32],
  ['flags', 4, u32],
  ['ttlFloor', 8, u64],
  ['ttlCeiling', 16, u64],
  ['ttlGrace', 24, u64],
  ['idleWindow', 32, u64],
]);

/** struct ruleset_id */
export interface RulesetId {
  id: Uint8Array;
}
export const RulesetId: StructCodec<RulesetId> = struct<RulesetId>('ruleset_id', 16, [['id', 0, octets(16)]]);

/** struct ruleset_text */
export interface RulesetText {
  number: number;
  length: number;
  text: string;
}
export const RulesetText: StructCodec<RulesetText> = struct<RulesetText>('ruleset_text', 72, [
  ['number', 0, u32],
  ['length', 4, u32],
  ['text', 8, text(64)],
]);

/** struct search_list */
export interface SearchList {
  endpoint: number;
  count: number;
  lengths: Uint8Array;
  hashes: bigint[];
}
export const SearchList: StructCodec<SearchList> = struct<SearchList>('search_list', 152, [
  ['endpoint', 0, u32],
  ['count', 4, u32],
  ['lengths', 8, octets(16)],
  ['hashes', 24, array(u64, 16)],
]);

/** struct stream_way */
export interface StreamWay {
  held: number;
  next: number;
  framing: Framing;
  ended: number;
}
export const StreamWay: StructCodec<StreamWay> = struct<StreamWay>('stream_way', 20, [
  ['held', 0, u32],
  ['next', 4, u32],
  ['framing', 8, Framing],
  ['ended', 16, u32],
]);

/** struct stream */
export interface Stream {
  expires: bigint;
  opening: number;
  opened: number;
  openedIn: number;
  acknowledged: number;
  open: number;
  lost: number;
  refused: number;
  out: StreamWay;
  in: StreamWay;
  boundary: number;
  boundaries: number[];
  sent: Uint8Array;
}
export const Stream: StructCodec<Stream> = struct<Stream>('stream', 2680, [
  ['expires', 0, u64],
  ['opening', 8, u32],
  ['opened', 12, u32],
  ['openedIn', 16, u32],
  ['acknowledged', 20, u32],
  ['open', 24, u32],
  ['lost', 28, u32],
  ['refused', 32, u32],
  ['out', 40, StreamWay],
  ['in', 60, StreamWay],
  ['boundary', 80, u32],
  ['boundaries', 84, array(u32, 8)],
  ['sent', 116, octets(2560)],
]);

/** struct stream_part */
export interface StreamPart {
  length: number;
  octets: Uint8Array;
}
export const StreamPart: StructCodec<StreamPart> = struct<StreamPart>('stream_part', 4100, [
  ['length', 0, u32],
  ['octets', 4, octets(4096)],
]);

/** struct sweeper */
export interface Sweeper {
  runs: bigint;
  last: bigint;
}
export const Sweeper: StructCodec<Sweeper> = struct<Sweeper>('sweeper', 32, [
  ['runs', 16, u64],
  ['last', 24, u64],
]);

/** struct usage */
export interface Usage {
  pending: number;
  learned: number;
  flowsOut: number;
  flowsIn: number;
  foreign: number;
  grandfathered: number;
  untilClose: number;
  roundGrandfathered: number;
  roundUntilClose: number;
  streams: number;
  streamParts: number;
}
export const Usage: StructCodec<Usage> = struct<Usage>('usage', 44, [
  ['pending', 0, u32],
  ['learned', 4, u32],
  ['flowsOut', 8, u32],
  ['flowsIn', 12, u32],
  ['foreign', 16, u32],
  ['grandfathered', 20, u32],
  ['untilClose', 24, u32],
  ['roundGrandfathered', 28, u32],
  ['roundUntilClose', 32, u32],
  ['streams', 36, u32],
  ['streamParts', 40, u32],
]);

/** struct wildcard_names */
export interface WildcardNames {
  ranks: Uint8Array;
}
export const WildcardNames: StructCodec<WildcardNames> = struct<WildcardNames>('wildcard_names', 256, [
  ['ranks', 0, octets(256)],
]);
