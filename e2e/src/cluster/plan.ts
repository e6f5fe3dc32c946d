import { FIRST_SERVICE } from '../kube/flags.ts';

/** The cluster's address plan, all of it 198.18.0.0/15: no address means anything outside its namespaces. */
export const CONTROL_PLANE = '198.18.0.10';
export const CLUSTER_DNS = FIRST_SERVICE.replace(/\.1$/u, '.10');
/** Of both nodes. */
export const POD_RANGE = '198.19.0.0/16';

export interface NodePlan {
  readonly name: string;
  readonly address: string;
  /** What its pods get their addresses of. */
  readonly pods: string;
}

export const NODES: readonly NodePlan[] = [
  { name: 'node-a', address: '198.18.0.11', pods: '198.19.1.0/24' },
  { name: 'node-b', address: '198.18.0.12', pods: '198.19.2.0/24' },
];
