import { NAME_SERVERS } from './addresses.ts';
import type { Pod } from './pod.ts';

/** A core/v1 Pod as the operator's directory source reads it. */
export function podManifest(pod: Pod): string {
  const labels = Object.entries(pod.labels).map(([key, value]) => `    ${key}: ${value}\n`);
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${pod.name}
  namespace: default
  uid: ${pod.uid}
  labels:
${labels.join('')}  annotations:
    namewall.dev/netns: ${pod.namespace.path}
spec:
  dnsPolicy: ClusterFirst
status:
  podIP: ${pod.addresses.v4}
  podIPs:
  - ip: ${pod.addresses.v4}
  - ip: "${pod.addresses.v6}"
`;
}

export interface ConfigChoices {
  /** Lines under spec.durations and spec.quotas, e.g. `ttlFloor: 1s`. */
  readonly durations?: readonly string[];
  readonly quotas?: readonly string[];
}

/** The lab's NamewallConfig: its trusted resolvers, and the pod range as the cluster's. */
export function configManifest({ durations = [], quotas = [] }: ConfigChoices = {}): string {
  const { recursive, authoritative, silent } = NAME_SERVERS;
  const resolvers = [recursive, authoritative, silent].flatMap(({ v4, v6 }) => [v4, v6]);
  const section = (name: string, lines: readonly string[]): string =>
    lines.length ? `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}` : '';
  return `apiVersion: namewall.dev/v1alpha1
kind: NamewallConfig
metadata:
  name: lab
spec:
  clusterDomain: cluster.local
  resolvers:
${resolvers.map((address) => `  - address: "${address}"\n`).join('')}  ranges:
    cluster: [198.18.1.0/24, "2001:db8:18:1::/64"]
${section('durations', durations)}${section('quotas', quotas)}`;
}
