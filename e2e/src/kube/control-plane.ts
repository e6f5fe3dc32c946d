import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabProcess } from '../lab/lab-process.ts';
import { type Namespace, inside, makeNamespace } from '../lab/namespaces.ts';
import { RunDirectory } from '../lab/run-directory.ts';
import { until } from '../lab/until.ts';
import { kubeBinary } from './build.ts';
import { type Certificates, makeCertificates, writeKubeconfig } from './certificates.ts';
import { KubeClient, postJson } from './client.ts';
import { API_PORT, ETCD_PORT, FIRST_SERVICE, LOOPBACK, asFlags, etcdFlags, serverFlags } from './flags.ts';
import { Programs } from './programs.ts';

const API_SERVER = `https://${LOOPBACK}:${API_PORT}`;

/**
 * A real kube-apiserver on a real etcd, and nothing else of Kubernetes, in a network namespace that has a loopback and
 * no way out. Clients run inside (`namespace`, `kubeconfig`) or come by the Unix socket that `client` uses.
 */
export class ControlPlane {
  readonly run: RunDirectory;
  readonly namespace: Namespace;
  /** For programs inside the namespace. */
  readonly kubeconfig: string;
  /** As an administrator. */
  readonly client: KubeClient;
  readonly certificates: Certificates;
  readonly #programs: Programs;

  private constructor(run: RunDirectory, namespace: Namespace, certificates: Certificates, programs: Programs) {
    this.run = run;
    this.namespace = namespace;
    this.kubeconfig = run.file('admin.kubeconfig');
    this.certificates = certificates;
    this.client = new KubeClient(run.file('api.sock'), certificates.ca, certificates.admin);
    this.#programs = programs;
  }

  /** Builds the programs where need be, starts them and waits until the API server is ready. */
  static async start(say: (line: string) => void = defaultSay): Promise<ControlPlane> {
    const binary = await kubeBinary(say);
    const run = RunDirectory.create();
    try {
      const namespace = makeNamespace(run, 'kube');
      const certificates = await makeCertificates((name) => run.file(name), [LOOPBACK, FIRST_SERVICE]);
      writeKubeconfig(run.file('admin.kubeconfig'), API_SERVER, certificates.ca, certificates.admin);
      const programs = new Programs(run, (argv) => inside(namespace, argv), {
        etcd: [binary, 'etcd', ...asFlags(etcdFlags(run.file('etcd')))],
        'kube-apiserver': [binary, 'kube-apiserver', ...asFlags({ ...serverFlags(certificates), ...ALONE })],
        'api-door': [process.execPath, doorProgram, run.file('api.sock'), LOOPBACK, String(API_PORT)],
        'etcd-door': [process.execPath, doorProgram, run.file('etcd.sock'), LOOPBACK, String(ETCD_PORT)],
      });
      programs.startAll();
      const cluster = new ControlPlane(run, namespace, certificates, programs);
      await cluster.ready();
      return cluster;
    } catch (error) {
      run.remove();
      throw error;
    }
  }

  /** Waits until the API server is ready. */
  async ready(): Promise<void> {
    const ended = await until('the API server to be ready', () => this.#readyOrEnded(), READY);
    if (ended !== true) throw new Error(`${ended.name} has ended: ${readFileSync(ended.log, 'utf8').slice(-2000)}`);
  }

  /** Ends one of the two as a crash does. What it has stored stays. */
  async kill(name: 'etcd' | 'kube-apiserver'): Promise<void> {
    await this.#programs.kill(name);
  }

  /** Starts one that was killed, on what it has stored. {@link ready} says when it answers. */
  restart(name: 'etcd' | 'kube-apiserver'): void {
    this.#programs.start(name);
  }

  /** For programs inside the namespace. */
  get address(): string {
    return API_SERVER;
  }

  /** Another client, by the same door. */
  clientWith(token: string): KubeClient {
    return new KubeClient(this.run.file('api.sock'), this.certificates.ca, { token });
  }

  /** Drops etcd's history up to now: a watch from an earlier version ends with 410 once no cache holds it. */
  async compact(): Promise<void> {
    const { header } = await this.#etcd('/v3/kv/range', { key: 'AA==' });
    await this.#etcd('/v3/kv/compaction', { revision: header.revision, physical: true });
  }

  /** Ends all of it and removes what it left. */
  async stop(): Promise<void> {
    this.client.close();
    await this.#programs.killAll();
    this.run.remove();
  }

  /** true once ready; a process that has ended, for which nobody need wait; throws while the door is closed. */
  async #readyOrEnded(): Promise<true | LabProcess | false> {
    return this.#programs.ended() ?? (await this.client.get('/readyz')).status === 200;
  }

  /** etcd's JSON gateway. */
  #etcd(path: string, body: object): Promise<{ header: { revision: string } }> {
    return postJson(this.run.file('etcd.sock'), path, body) as Promise<{ header: { revision: string } }>;
  }
}

function defaultSay(line: string): void {
  process.stderr.write(`kube: ${line}\n`);
}

const READY = { deadline: 120_000, every: 50 };
const doorProgram = join(import.meta.dirname, '../programs/unix-door.ts');

const ALONE = {
  'bind-address': LOOPBACK,
  'advertise-address': LOOPBACK,
  'endpoint-reconciler-type': 'none',
  // No controller makes the accounts that it would wait for.
  'disable-admission-plugins': 'ServiceAccount',
};
