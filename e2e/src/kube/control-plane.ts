import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabProcess } from '../lab/lab-process.ts';
import { type Namespace, inside, makeNamespace } from '../lab/namespaces.ts';
import { RunDirectory } from '../lab/run-directory.ts';
import { until } from '../lab/until.ts';
import { kubeBinary } from './build.ts';
import { type Certificates, makeCertificates, writeKubeconfig } from './certificates.ts';
import { KubeClient } from './client.ts';

const LOOPBACK = '127.0.0.1';
const PORT = 6443;
const ETCD = `http://${LOOPBACK}:2379`;
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
  readonly #processes: readonly LabProcess[];

  private constructor(run: RunDirectory, namespace: Namespace, client: KubeClient, processes: readonly LabProcess[]) {
    this.run = run;
    this.namespace = namespace;
    this.kubeconfig = run.file('admin.kubeconfig');
    this.client = client;
    this.#processes = processes;
  }

  /** Builds the programs where need be, starts them and waits until the API server is ready. */
  static async start(say: (line: string) => void = defaultSay): Promise<ControlPlane> {
    const binary = await kubeBinary(say);
    const run = RunDirectory.create();
    try {
      return await startIn(run, binary, (...parts) => new ControlPlane(run, ...parts));
    } catch (error) {
      run.remove();
      throw error;
    }
  }

  /** Ends all of it and removes what it left. */
  async stop(): Promise<void> {
    this.client.close();
    await Promise.all(this.#processes.map((process) => process.end('SIGKILL')));
    this.run.remove();
  }
}

function defaultSay(line: string): void {
  process.stderr.write(`kube: ${line}\n`);
}

type Make = (namespace: Namespace, client: KubeClient, processes: readonly LabProcess[]) => ControlPlane;

async function startIn(run: RunDirectory, binary: string, make: Make): Promise<ControlPlane> {
  const namespace = makeNamespace(run, 'kube');
  const certificates = await makeCertificates((name) => run.file(name), [LOOPBACK, FIRST_SERVICE]);
  const start = (name: string, argv: readonly string[]): LabProcess =>
    LabProcess.start(run, name, inside(namespace, argv));
  const etcd = start('etcd', [binary, 'etcd', ...etcdFlags(run.file('etcd'))]);
  const server = start('kube-apiserver', [binary, 'kube-apiserver', ...serverFlags(certificates)]);
  const socket = run.file('api.sock');
  const door = start('unix-door', [process.execPath, doorProgram, socket, LOOPBACK, String(PORT)]);
  writeKubeconfig(run.file('admin.kubeconfig'), `https://${LOOPBACK}:${PORT}`, certificates.ca, certificates.admin);
  const client = new KubeClient(socket, certificates.ca, certificates.admin);
  const processes = [etcd, server, door];
  const ended = await until('the API server to be ready', () => readyOrEnded(client, processes), READY);
  if (ended !== true) throw new Error(`${ended.name} has ended: ${readFileSync(ended.log, 'utf8').slice(-2000)}`);
  return make(namespace, client, processes);
}

const READY = { deadline: 120_000, every: 50 };
const doorProgram = join(import.meta.dirname, '../programs/unix-door.ts');

/** true once ready; a process that has ended, for which nobody need wait; throws while the door is closed. */
async function readyOrEnded(client: KubeClient, processes: readonly LabProcess[]): Promise<true | LabProcess | false> {
  const ended = processes.find(({ exit }) => exit !== undefined);
  return ended ?? (await client.get('/readyz')).status === 200;
}

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
