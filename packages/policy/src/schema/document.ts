import type { z } from 'zod';
import { API_VERSION } from './common.ts';
import { type NamewallConfig, namewallConfigSchema } from './config.ts';
import { type Namespace, type Pod, namespaceSchema, podSchema } from './pod.ts';
import { type Policy, clusterFqdnNetworkPolicySchema, fqdnNetworkPolicySchema } from './policy.ts';

/** Everything that validate() knows. */
export type Document = Policy | NamewallConfig | Pod | Namespace;

interface Kind {
  readonly apiVersion: string;
  readonly schema: z.ZodType<Document>;
}

/** By kind: names are unique, whatever the apiVersion. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['FQDNNetworkPolicy', { apiVersion: API_VERSION, schema: fqdnNetworkPolicySchema }],
  ['ClusterFQDNNetworkPolicy', { apiVersion: API_VERSION, schema: clusterFqdnNetworkPolicySchema }],
  ['NamewallConfig', { apiVersion: API_VERSION, schema: namewallConfigSchema }],
  ['Pod', { apiVersion: 'v1', schema: podSchema }],
  ['Namespace', { apiVersion: 'v1', schema: namespaceSchema }],
]);
