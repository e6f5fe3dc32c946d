export * from './names.ts';
export { type NameRule, type NameVerdict, credit, judgeName, shorterNames } from './search-list.ts';
export { SELECTOR_TEXT_MAX } from './selector-check.ts';
export type * from './compile/types.ts';
export * from './limits.ts';
export { DURATION_PATTERN, parseDuration } from './value/duration.ts';
export { covers, parseCidr } from './value/cidr.ts';
export { API_VERSION, type LabelSelector } from './schema/common.ts';
export { type EgressRule, type Peer, type PortRange } from './schema/egress.ts';
export {
  type ClusterFQDNNetworkPolicy,
  type FQDNNetworkPolicy,
  type Policy,
  clusterFqdnNetworkPolicySchema,
  fqdnNetworkPolicySchema,
} from './schema/policy.ts';
export { type NamewallConfig, namewallConfigSchema } from './schema/config.ts';
export { NETNS_ANNOTATION, type Namespace, type Pod, namespaceSchema, podSchema } from './schema/pod.ts';
export { type Document, KINDS } from './schema/document.ts';
export { type Problem } from './schema/problem.ts';
export { nearest } from './validate/near.ts';
export { type Validation, validate } from './validate/validate.ts';
export { compile } from './compile/compile.ts';
export {
  type CompileChanges,
  type CompileInput,
  type PlacedEndpoint,
  type PodGroup,
  type PolicyInForce,
  Compiler,
} from './compile/compiler.ts';
export { DEFAULT_CLUSTER_DOMAIN, DEFAULT_RESERVED_RANGES, METADATA_RANGES } from './compile/node-config.ts';
export { DEFAULT_EXCLUDED_NAMESPACES } from './compile/applies.ts';
export { selects } from './compile/select.ts';
export { literalSuffix } from './compile/suffixes.ts';
export { rulesetId } from './compile/content-id.ts';
export {
  type CheckedDocument,
  type FileProblem,
  type ReadDocument,
  FILE_SIZE_MAX,
  checkDocuments,
  fileTooLarge,
  formatPath,
  formatProblem,
  readDocuments,
} from './documents.ts';
