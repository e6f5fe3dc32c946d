import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Outcome, command } from './command.ts';
import type { Lab } from './lab.ts';
import { LabProcess } from './lab-process.ts';
import { type ConfigChoices, configManifest, podManifest } from './manifests.ts';
import { type Namespace, inside } from './namespaces.ts';

const REPOSITORY = path.join(import.meta.dirname, '../../..');

export type ProgramOf = (name: 'operator' | 'agent', flags: readonly string[]) => readonly string[];

/** The argv of one of our programs, from the sources. */
export const fromSources = (name: string, flags: readonly string[]): string[] => [
  process.execPath,
  path.join(REPOSITORY, 'packages', name, 'src/main.ts'),
  ...flags,
];

export interface NamewallChoices extends ConfigChoices {
  /** The pods that Namewall is told of; all when absent. */
  readonly pods?: readonly string[];
  readonly hook?: 'auto' | 'tcx' | 'clsact';
  /** Search suffixes of the node's own resolv.conf; none when absent. */
  readonly nodeSearch?: readonly string[];
  /** False: sockets are left alone. */
  readonly sockets?: boolean;
  /** What is run with these flags; by default that of the sources. */
  readonly programOf?: ProgramOf;
  /** Tables of another size than the default, e.g. `learned=131072`. */
  readonly sizes?: readonly string[];
}

/** Operator and agent on the lab's node, as processes that can be killed, and the folder that feeds them. */
export class Namewall {
  readonly #lab: Lab;
  readonly #hook: string;
  readonly #sizes: readonly string[];
  readonly #cgroup: string;
  readonly #programOf: ProgramOf;
  readonly pods: readonly string[];
  operator: LabProcess | undefined;
  agent: LabProcess | undefined;

  constructor(
    lab: Lab,
    {
      hook = 'auto',
      pods,
      nodeSearch = [],
      sizes = [],
      sockets = true,
      programOf = fromSources,
      ...config
    }: NamewallChoices = {},
  ) {
    this.#lab = lab;
    this.#hook = hook;
    this.#sizes = sizes;
    this.#programOf = programOf;
    this.#cgroup = sockets ? lab.run.cgroup : 'none';
    mkdirSync(this.file('source'), { recursive: true });
    mkdirSync(this.file('state'), { recursive: true });
    writeFileSync(this.file('resolv.conf'), nodeSearch.length ? `search ${nodeSearch.join(' ')}\n` : '');
    this.write('config.yaml', configManifest(config));
    this.pods = pods ?? [...lab.pods.keys()];
    for (const name of this.pods) this.write(`pod-${name}.yaml`, podManifest(lab.pod(name)));
  }

  /** A file of this run. */
  file(...parts: string[]): string {
    return this.#lab.run.file('namewall', ...parts);
  }

  /** Puts a file into the source folder as an editor does: written beside it, then renamed. */
  write(name: string, text: string): void {
    const hidden = this.file(`${name}.new`);
    writeFileSync(hidden, text);
    renameSync(hidden, this.file('source', name));
  }

  remove(name: string): void {
    rmSync(this.file('source', name));
  }

  startOperator(): void {
    this.startOperatorWith(['--source', this.file('source'), '--node', 'lab'], this.#lab.node);
  }

  /** An operator that has its policies from elsewhere, where it can reach them. */
  startOperatorWith(source: readonly string[], where: Namespace): void {
    const argv = this.#programOf('operator', [...source, '--listen', this.#operatorAddress, '--log-level', 'debug']);
    this.operator = LabProcess.start(this.#lab.run, 'operator', inside(where, argv));
  }

  startAgent(...more: string[]): void {
    const flags = ['--operator', this.#operatorAddress, '--state-dir', this.file('state')];
    flags.push('--pin-root', this.#lab.run.pinRoot, '--socket', this.agentSocket, '--node', 'lab');
    flags.push('--hook', this.#hook, '--object', path.join(REPOSITORY, 'build/datapath.bpf.o'));
    flags.push('--cgroup', this.#cgroup, '--socket-object', path.join(REPOSITORY, 'build/socket.bpf.o'));
    flags.push('--resolv-conf', this.file('resolv.conf'), ...this.#sizes.flatMap((size) => ['--size', size]));
    this.agent = this.#lab.startOnNode('agent', this.#programOf('agent', [...flags, ...more]));
  }

  /** SIGKILL to both, at once; returns when both are gone. */
  async kill(): Promise<void> {
    await Promise.all([this.operator?.end('SIGKILL'), this.agent?.end('SIGKILL')]);
  }

  /** The argv of a namewallctl call that finds this run's agent and pins. */
  ctl(...args: string[]): string[] {
    const flags = ['--socket', this.agentSocket, '--pin-root', this.#lab.run.pinRoot];
    return inside(this.#lab.node, fromSources('cli', [...args, ...flags]));
  }

  /** Removes the agent's snapshot: its next start is that of a new node. */
  forgetState(): void {
    rmSync(this.file('state'), { recursive: true });
    mkdirSync(this.file('state'));
  }

  /** Whether the operator's log has a line with this text. */
  operatorSays(text: string): boolean {
    return this.operator !== undefined && readFileSync(this.operator.log, 'utf8').includes(text);
  }

  runCtl(...args: string[]): Promise<Outcome> {
    return command(this.ctl(...args));
  }

  /** Where the agent answers observers. */
  get agentSocket(): string {
    return this.file('agent.sock');
  }

  get #operatorAddress(): string {
    return `unix:${this.file('operator.sock')}`;
  }
}
