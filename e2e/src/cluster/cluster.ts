import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clusterBinaries, kubeBinary } from '../kube/build.ts';
import { asFlags, etcdFlags } from '../kube/flags.ts';
import { Programs } from '../kube/programs.ts';
import { kubernetesTool } from '../kube/tools.ts';
import { type Outcome, command } from '../lab/command.ts';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import { RunDirectory } from '../lab/run-directory.ts';
import { until } from '../lab/until.ts';
import { clusterServerFlags, controllerFlags, schedulerFlags } from './control-flags.ts';
import { makeIdentities } from './identities.ts';
import { gatherImages } from './images.ts';
import { type Network, makeNetwork } from './network.ts';
import { startUpstream } from './upstream.ts';
import { writeNodeFiles } from './node-files.ts';
import { CLUSTER_DNS, type Families, NODES, type NodePlan, listed } from './plan.ts';

type Say = (line: string) => void;

/** There where cgroups have one hierarchy alone. */
const UNIFIED = '/sys/fs/cgroup/cgroup.controllers';
const NEEDS_V1 =
  'nodes in namespaces share their cgroups with the machine, which works with the hierarchies of version 1, as yet not with' +
  ' version 2 alone: boot with systemd.unified_cgroup_hierarchy=0 to try';

export interface ClusterOptions {
  readonly families?: Families;
  readonly say?: Say;
}

const NODE_PROGRAM = path.join(import.meta.dirname, 'node.sh');
const DNS = path.join(import.meta.dirname, 'dns.yaml');

/**
 * A real Kubernetes of two nodes: control plane, and on each node containerd, kubelet and kube-proxy in namespaces of its
 * own. Nothing in it has a way out of the machine, and nothing outside of it changes. Clients run in the control plane's
 * network namespace.
 */
export class Cluster {
  readonly run: RunDirectory;
  readonly network: Network;
  readonly families: Families;
  /** Has kubelet and kube-proxy. */
  readonly #binary: string;
  readonly #control: Programs;
  readonly #nodes = new Map<string, LabProcess>();

  private constructor(run: RunDirectory, network: Network, families: Families, binary: string, control: Programs) {
    this.run = run;
    this.network = network;
    this.families = families;
    this.#binary = binary;
    this.#control = control;
  }

  /** Builds what is not built yet and starts all of it: nodes are Ready and the cluster's DNS serves. */
  static async start({ families = ['v4'], say = defaultSay }: ClusterOptions = {}): Promise<Cluster> {
    if (existsSync(UNIFIED)) throw new Error(NEEDS_V1);
    const kube = await kubeBinary(say);
    const { node, coredns } = await clusterBinaries(say);
    const run = RunDirectory.create();
    try {
      const cluster = await Cluster.#create(run, families, { kube, node, coredns });
      startUpstream(cluster, coredns);
      await cluster.#startAll(say);
      return cluster;
    } catch (error) {
      run.remove();
      throw error;
    }
  }

  static async #create(
    run: RunDirectory,
    families: Families,
    binaries: Readonly<Record<string, string>>,
  ): Promise<Cluster> {
    const { kube = '', node = '', coredns = '' } = binaries;
    const network = makeNetwork(run, families);
    const certificates = await makeIdentities(run);
    await gatherImages(run, coredns);
    const programs = new Programs(run, (argv) => inside(network.control, argv), {
      etcd: [kube, 'etcd', ...asFlags(etcdFlags(run.file('etcd')))],
      'kube-apiserver': [kube, 'kube-apiserver', ...clusterServerFlags(run, certificates, families)],
      'kube-controller-manager': [node, 'kube-controller-manager', ...controllerFlags(run, certificates)],
      'kube-scheduler': [node, 'kube-scheduler', ...schedulerFlags(run)],
    });
    return new Cluster(run, network, families, node, programs);
  }

  /** For programs inside the control plane's network namespace. */
  get kubeconfig(): string {
    return this.run.file('admin.kubeconfig');
  }

  /** The argv of kubectl, or helm, as an administrator. */
  tool(name: 'kubectl' | 'helm', args: readonly string[]): string[] {
    return inside(this.network.control, [kubernetesTool(name), '--kubeconfig', this.kubeconfig, ...args]);
  }

  /** What kubectl says, whether it succeeds or not. */
  tryKubectl(...args: string[]): Promise<Outcome> {
    return command(this.tool('kubectl', args), { deadline: PATIENCE });
  }

  /** What kubectl says. @throws when it fails */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    return stdout;
  }

  /** Ends a node as a power cut does. */
  async killNode(name: string): Promise<void> {
    await this.#nodes.get(name)?.end('SIGKILL');
    this.#nodes.delete(name);
  }

  /** Boots a node: an empty bpf file system, and the disk as it was left. */
  startNode(node: NodePlan): void {
    const netns = this.network.nodes.get(node.name)?.path ?? '';
    const config = writeNodeFiles(this.run, node, this.families);
    const addresses = listed(node.address, this.families);
    const own = [node.name, addresses, this.run.path, this.run.nodeCgroup(node.name), config];
    const argv = [NODE_PROGRAM, 'enter', netns, ...own, this.#binary];
    this.#nodes.set(node.name, LabProcess.start(this.run, node.name, argv));
  }

  /** The argv that runs another on a node: with its files and its network. */
  onNode(name: string, argv: readonly string[]): string[] {
    const pid = this.#nodes.get(name)?.pid ?? 0;
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return ['nsenter', `--target=${first}`, '--mount', '--net', '--pid', ...argv];
  }

  /** Ends all of it and removes what it left. */
  async stop(): Promise<void> {
    await Promise.all(NODES.map(({ name }) => this.killNode(name)));
    await this.#control.killAll();
    this.run.remove();
  }

  async #startAll(say: Say): Promise<void> {
    const started = performance.now();
    const tell = (what: string): void => say(`${what} after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    this.#control.start('etcd');
    this.#control.start('kube-apiserver');
    await this.#until('the API server to be ready', 'get', '--raw', '/readyz');
    tell('API server ready');
    this.#control.start('kube-controller-manager');
    this.#control.start('kube-scheduler');
    await this.#register();
    for (const node of NODES) this.startNode(node);
    for (const { name } of NODES) await this.nodeReady(name);
    tell('both nodes Ready');
    await this.kubectl('apply', '--filename', DNS);
    if (this.families.length > 1) await this.#dnsOfBoth();
    await this.kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=120s');
    tell('DNS serves');
  }

  /** Nodes with the ranges of their pods, as controllers of a cloud or a network plugin set them. */
  async #register(): Promise<void> {
    const items = NODES.map(({ name, pods }) => {
      const podCIDRs = this.families.map((family) => pods[family]);
      return { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { podCIDR: podCIDRs[0], podCIDRs } };
    });
    const file = this.run.file('nodes.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await this.kubectl('create', '--filename', file);
  }

  async #dnsOfBoth(): Promise<void> {
    const clusterIPs = this.families.map((family) => CLUSTER_DNS[family]);
    const patch = JSON.stringify({ spec: { ipFamilyPolicy: 'RequireDualStack', clusterIPs } });
    await this.kubectl('-n', 'kube-system', 'patch', 'service', 'kube-dns', '--patch', patch);
  }

  async nodeReady(name: string): Promise<void> {
    await this.#until(`${name} to register`, 'get', 'node', name);
    await this.kubectl('wait', '--for=condition=Ready', `node/${name}`, '--timeout=120s');
  }

  /** Until kubectl succeeds, or a program that it needs has ended. */
  async #until(what: string, ...args: string[]): Promise<void> {
    const ended = await until(what, async () => this.#ended() ?? (await this.tryKubectl(...args)).code === 0, {
      deadline: PATIENCE,
      every: 100,
    });
    if (ended !== true) throw new Error(`${ended.name} has ended: ${readFileSync(ended.log, 'utf8').slice(-2000)}`);
  }

  #ended(): LabProcess | undefined {
    return this.#control.ended() ?? [...this.#nodes.values()].find(({ exit }) => exit !== undefined);
  }
}

/** A machine that is busy takes its time. */
const PATIENCE = 180_000;

function defaultSay(line: string): void {
  process.stderr.write(`cluster: ${line}\n`);
}
