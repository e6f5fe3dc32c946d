import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabProcess } from '../lab/lab-process.ts';
import { type Namespace, inside, makeNamespace } from '../lab/namespaces.ts';
import { RunDirectory } from '../lab/run-directory.ts';
import { until } from '../lab/until.ts';
import { kubeBinary } from './build.ts';
import { type Certificates, makeCertificates, writeKubeconfig } from './certificates.ts';
import { KubeClient, postJson } from './client.ts';
import { Programs } from './programs.ts';

const LOOPBACK = '127.0.0.1';
const PORT = 6443;
const API_SERVER = `https://${LOOPBACK}:${PORT}`;
const ETCD_PORT = 2379;
const ETCD = `http://${LOOPBACK}:${ETCD_PORT}`;
const ETCD_PEER = `http://${LOOPBACK}:2380`;
const SERVICES = '198.18.96.0/20';
const FIRST_SERVICE = '198.18.96.1';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

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
        etcd: [binary, 'etcd', ...etcdFlags(run.file('etcd'))],
        'kube-apiserver': [binary, 'kube-apiserver', ...serverFlags(certificates)],
        'api-door': [process.execPath, doorProgram, run.file('api.sock'), LOOPBACK, String(PORT)],
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

function etcdFlags(data: string): string[] {
  const flags = {
    'data-dir': data,
    'listen-client-urls': ETCD,
    'advertise-client-urls': ETCD,
    'listen-peer-urls': ETCD_PEER,
    'initial-advertise-peer-urls': ETCD_PEER,
    'initial-cluster': `default=${ETCD_PEER}`,
    'log-level': 'warn',
    // What it holds need not outlive the machine.
    'unsafe-no-fsync': 'true',
  };
  return asFlags(flags);
}

function serverFlags({ ca, server, tokens }: Certificates): string[] {
  const flags = {
    'etcd-servers': ETCD,
    'bind-address': LOOPBACK,
    'advertise-address': LOOPBACK,
    'secure-port': String(PORT),
    'client-ca-file': ca,
    'tls-cert-file': server.cert,
    'tls-private-key-file': server.key,
    'service-account-issuer': ISSUER,
    'service-account-key-file': tokens.pub,
    'service-account-signing-key-file': tokens.key,
    'service-cluster-ip-range': SERVICES,
    'authorization-mode': 'Node,RBAC',
    'endpoint-reconciler-type': 'none',
    // No controller makes the accounts that it would wait for.
    'disable-admission-plugins': 'ServiceAccount',
  };
  return asFlags(flags);
}

function asFlags(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
