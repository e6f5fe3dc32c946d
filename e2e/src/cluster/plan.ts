import { FIRST_SERVICE } from '../kube/flags.ts';

/** The cluster's address plan, all of it 198.18.0.0/15 and 2001:db8::/32: no address means anything outside its namespaces. */
export interface Addresses {
  readonly v4: string;
  readonly v6: string;
}

export type Family = keyof Addresses;
/** What a cluster has addresses of; the first is that of its services. */
export type Families = readonly Family[];

export const CONTROL_PLANE: Addresses = { v4: '198.18.0.10', v6: '2001:db8:18::10' };
export const CLUSTER_DNS: Addresses = { v4: FIRST_SERVICE.replace(/\.1$/u, '.10'), v6: '2001:db8:96::a' };
export const SERVICES: Addresses = { v4: '198.18.96.0/20', v6: '2001:db8:96::/112' };
/** Of both nodes. */
export const POD_RANGE: Addresses = { v4: '198.19.0.0/16', v6: '2001:db8:19::/48' };
/** Where each node answers for names itself, when a test has it do so. */
export const NODE_LOCAL_DNS = '192.0.2.53';

export interface NodePlan {
  readonly name: string;
  readonly address: Addresses;
  /** What its pods get their addresses of. */
  readonly pods: Addresses;
  /** The network plugin that makes its pods' cables: routed one by one, or ports of a bridge. */
  readonly plugin: 'ptp' | 'bridge';
}

export const NODES: readonly NodePlan[] = [
  {
    name: 'node-a',
    address: { v4: '198.18.0.11', v6: '2001:db8:18::11' },
    pods: { v4: '198.19.1.0/24', v6: '2001:db8:19:1::/64' },
    plugin: 'ptp',
  },
  {
    name: 'node-b',
    address: { v4: '198.18.0.12', v6: '2001:db8:18::12' },
    pods: { v4: '198.19.2.0/24', v6: '2001:db8:19:2::/64' },
    plugin: 'bridge',
  },
];

/** Those of the cluster's families, in their order, as Kubernetes' flags take them. */
export const listed = (addresses: Addresses, families: Families): string =>
  families.map((family) => addresses[family]).join(',');
