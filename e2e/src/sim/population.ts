import type { KubeClient } from '../kube/client.ts';
import { accepted, pathOf } from '../kube/crds.ts';
import { inParallel } from '../kube/in-parallel.ts';
import { makePod } from '../kube/objects.ts';

/** How many there are of everything. */
export interface Shape {
  readonly nodes: number;
  /** On each node; default 40. */
  readonly podsPerNode?: number;
  /** With the one that is on every node; default: as many as nodes. */
  readonly policies?: number;
}

/** Selectors of a policy, each of them nobody else's. */
const SELECTORS = 10;
const NAMESPACES = 50;
/** What one pod a node has; the rest of the cluster is not asked. */
const EVERYWHERE = { everywhere: 'true' };
/** The policy that is on every node. */
export const EVERYWHERE_PATH = `${pathOf('ClusterFQDNNetworkPolicy')}/everywhere`;

const API_VERSION = 'namewall.dev/v1alpha1';

/** A cluster of a shape: each policy has as many pods as another, on as many nodes, and one policy is on every node. */
export class Population {
  readonly nodes: readonly string[];
  readonly pods: number;
  readonly policies: number;
  readonly #client: KubeClient;

  constructor(client: KubeClient, { nodes, podsPerNode = 40, policies = nodes }: Shape) {
    this.#client = client;
    this.pods = nodes * podsPerNode;
    this.policies = policies;
    this.nodes = Array.from({ length: nodes }, (_, index) => `node-${String(index).padStart(4, '0')}`);
  }

  get selectors(): number {
    return this.policies * SELECTORS;
  }

  async create(say: (line: string) => void): Promise<void> {
    const namespaces = Array.from({ length: Math.min(NAMESPACES, this.policies) }, (_, index) => namespaceOf(index));
    await inParallel(namespaces, (name) => this.#make('/api/v1/namespaces', { metadata: { name } }));
    await inParallel(this.nodes, (name) => this.#make('/api/v1/nodes', { metadata: { name } }));
    const policies = Array.from({ length: this.policies - 1 }, (_, index) => index);
    await inParallel(policies, (index) => this.#makePolicy(index));
    await this.edit(0);
    const pods = Array.from({ length: this.pods }, (_, index) => index);
    await inParallel(
      pods,
      (index) => this.#makePod(index),
      (done) => {
        if (done % 4000 === 0) say(`${done} of ${pods.length} pods`);
      },
    );
  }

  /** Another version of the policy that is on every node: one of its names differs. */
  async edit(version: number): Promise<void> {
    const names = [...selectorsOf(this.policies - 1).slice(1), `v${version}.everywhere.example`];
    const spec = { podSelector: { matchLabels: EVERYWHERE }, egress: [{ to: names.map(toName) }] };
    const body = { apiVersion: API_VERSION, kind: 'ClusterFQDNNetworkPolicy', metadata: { name: 'everywhere' }, spec };
    accepted(await this.#client.apply(EVERYWHERE_PATH, 'sim', body, { force: true }));
  }

  /** Where one of the other policies is. */
  pathOf(policy: number): string {
    return `${policyPath(policy)}/p${policy}`;
  }

  /** Nodes with a pod of a policy. */
  get spread(): number {
    return Math.min(this.nodes.length, Math.floor(this.pods / this.policies));
  }

  /** Another name in one of the other policies. */
  async editOne(policy: number, version: number): Promise<void> {
    const names = [...selectorsOf(policy).slice(1), `v${version}.p${policy}.example`];
    const body = { spec: { egress: [{ to: names.map(toName) }] } };
    accepted(await this.#client.patch('merge', this.pathOf(policy), body));
  }

  /** A pod leaves its policy or comes back. */
  async relabel(pod: number, app: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespaceOf(this.#policyOf(pod))}/pods/${podName(pod)}`;
    accepted(await this.#client.patch('merge', path, { metadata: { labels: { app } } }));
  }

  #makePolicy(index: number): Promise<void> {
    const egress = [{ to: selectorsOf(index).map(toName) }];
    const spec = { podSelector: { matchLabels: { app: appOf(index) } }, egress };
    const kind = 'FQDNNetworkPolicy';
    return this.#make(policyPath(index), { apiVersion: API_VERSION, kind, metadata: { name: `p${index}` }, spec });
  }

  async #makePod(index: number): Promise<void> {
    const policy = this.#policyOf(index);
    const node = this.nodes[index % this.nodes.length] ?? '';
    const labels = { app: appOf(policy), ...(index < this.nodes.length && EVERYWHERE) };
    const address = `198.19.${index >> 8}.${index & 255}`;
    await makePod(this.#client, podName(index), [address], { namespace: namespaceOf(policy), labels, node });
  }

  #policyOf(pod: number): number {
    return Math.floor((pod * this.policies) / this.pods);
  }

  async #make(path: string, body: object): Promise<void> {
    accepted(await this.#client.create(path, body));
  }
}

const namespaceOf = (policy: number): string => `ns-${policy % NAMESPACES}`;
const policyPath = (policy: number): string => pathOf('FQDNNetworkPolicy', namespaceOf(policy));
const appOf = (policy: number): string => `app-${policy}`;
const podName = (index: number): string => `pod-${index}`;
const selectorsOf = (policy: number): string[] =>
  Array.from({ length: SELECTORS }, (_, index) =>
    index === 0 ? `*.s${index}.p${policy}.example` : `s${index}.p${policy}.example`,
  );
const toName = (text: string) => ({ fqdn: text.includes('*') ? { matchPattern: text } : { matchName: text } });
