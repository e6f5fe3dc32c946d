import { realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type AddressPair, NAME_SERVERS, podAddresses } from './addresses.ts';
import { type Outcome, command } from './command.ts';
import { LabProcess } from './lab-process.ts';
import { type Namespace, connectPod, inside, makeNamespace } from './namespaces.ts';
import type { RunDirectory } from './run-directory.ts';

export interface LookupHabits {
  /** Suffixes, in order. */
  readonly search?: readonly string[];
  /** A name with fewer dots is tried under the suffixes first. */
  readonly ndots?: number;
  /** Other options of resolv.conf. */
  readonly options?: readonly string[];
}

/** Search list of every pod, as the kubelet writes it for `dnsPolicy: ClusterFirst`. */
export const SEARCH = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];

/** A stand-in for a pod: a namespace with a cable to the node and a resolv.conf of its own. */
export class Pod {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: Namespace;
  readonly addresses: AddressPair;
  /** The node's end of its cable. */
  readonly hostEnd: string;
  readonly #run: RunDirectory;
  readonly #resolvConf: string;

  constructor(run: RunDirectory, node: Namespace, index: number, name: string, labels: Record<string, string>) {
    this.name = name;
    this.uid = `00000000-0000-4000-8000-${run.id}${String(index).padStart(6, '0')}`;
    this.labels = labels;
    this.addresses = podAddresses(index);
    this.#run = run;
    this.namespace = makeNamespace(run, name);
    this.hostEnd = `veth${index}`;
    connectPod(node, this.namespace, index, this.hostEnd);
    this.#resolvConf = run.file(`resolv.conf.${name}`);
    this.useResolvers([NAME_SERVERS.recursive.v4]);
  }

  /** Writes the pod's resolv.conf; processes that already run keep what they have read. */
  useResolvers(servers: readonly string[], { search = SEARCH, ndots = 1, options = [] }: LookupHabits = {}): void {
    const lines = servers.map((server) => `nameserver ${server}`);
    if (search.length) lines.push(`search ${search.join(' ')}`);
    lines.push(['options', `ndots:${ndots}`, ...options].join(' '));
    writeFileSync(this.#resolvConf, `${lines.join('\n')}\n`);
  }

  /** Runs a program in the pod to its end. */
  exec(argv: readonly string[], options?: { deadline?: number }): Promise<Outcome> {
    return command(this.argv(argv), options);
  }

  /** Starts a program in the pod and talks to it line by line. */
  start(name: string, argv: readonly string[]): LabProcess {
    return LabProcess.start(this.#run, `${this.name}-${name}`, this.argv(argv), { converse: true });
  }

  /**
   * The argv that runs another one in the pod. nsenter leaves the host's resolv.conf in place: a private
   * mount namespace puts the pod's over it. It joins the run's cgroup first.
   */
  argv(argv: readonly string[]): string[] {
    const mountThenRun = 'echo $$ >"$3" && mount --bind "$1" "$2" && shift 3 && exec "$@"';
    const target = realpathSync('/etc/resolv.conf');
    const place = [this.#resolvConf, target, path.join(this.#run.cgroup, 'cgroup.procs')];
    const shell = ['unshare', '--mount', 'sh', '-c', mountThenRun, 'sh', ...place, ...argv];
    return inside(this.namespace, shell);
  }
}
