import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeKubeconfig } from '../kube/certificates.ts';
import { NAMESPACE, applyAll, render } from '../kube/chart.ts';
import { ControlPlane } from '../kube/control-plane.ts';
import { accepted, served } from '../kube/crds.ts';
import { tokenOf } from '../kube/tokens.ts';
import { mustRun } from '../lab/command.ts';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import { until } from '../lab/until.ts';
import { Agents, PORT } from './agents.ts';
import { Population, type Shape } from './population.ts';

const OPERATOR = join(import.meta.dirname, '../../../packages/operator/src/main.ts');
const SLOW = { deadline: 120_000 };

/** Octets that the operator and its agents have sent each other. */
export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** A real API server with a cluster's objects, the operator with what the chart grants it, and an agent a node. */
export class Simulation {
  readonly cluster: ControlPlane;
  readonly population: Population;
  #agents: Agents | undefined;
  #operator: LabProcess | undefined;
  #operators = 0;

  private constructor(cluster: ControlPlane, shape: Shape) {
    this.cluster = cluster;
    this.population = new Population(cluster.client, shape);
  }

  /** Ready when every agent holds everything. */
  static async start(shape: Shape, say: (line: string) => void): Promise<Simulation> {
    const simulation = new Simulation(await ControlPlane.start(say), shape);
    process.once('exit', () => simulation.cluster.run.remove());
    try {
      await simulation.#fill(say);
      return simulation;
    } catch (error) {
      await simulation.stop();
      throw error;
    }
  }

  get agents(): Agents {
    if (this.#agents === undefined) throw new Error('there are no agents before the simulation has started');
    return this.#agents;
  }

  get #running(): LabProcess {
    if (this.#operator === undefined) throw new Error('the operator does not run; start it');
    return this.#operator;
  }

  /** @returns CLOCK_MONOTONIC in nanoseconds: just before */
  startOperator(): bigint {
    const { run, namespace } = this.cluster;
    const flags = ['--source', 'kubernetes', '--kubeconfig', run.file('operator.kubeconfig')];
    flags.push('--listen', `tls:0.0.0.0:${PORT}`, '--identity', 'sim', '--namespace', NAMESPACE);
    const argv = inside(namespace, [process.execPath, OPERATOR, ...flags]);
    const before = process.hrtime.bigint();
    this.#operator = LabProcess.start(run, `operator-${++this.#operators}`, argv);
    return before;
  }

  async endOperator(signal: NodeJS.Signals): Promise<void> {
    await this.#running.end(signal);
  }

  /** Octets of memory that are the operator's: now, and at most so far. */
  memory(): { readonly now: number; readonly peak: number } {
    const text = readFileSync(`/proc/${this.#running.pid}/status`, 'utf8');
    const of = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(text)?.[1]) * 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  /** Over all connections that stand, as the operator's kernel counts them. */
  async traffic(): Promise<Traffic> {
    const filter = ['state', 'established', `( sport = :${PORT} )`];
    const net = `--net=${this.cluster.namespace.path}`;
    const text = await mustRun(['nsenter', net, 'ss', '--tcp', '--info', '--numeric', '--no-header', ...filter]);
    const sum = (field: string): number => {
      const found = text.matchAll(new RegExp(`\\b${field}:(\\d+)`, 'gu'));
      return found.reduce((total, [, octets]) => total + Number(octets), 0);
    };
    return { sent: sum('bytes_sent'), received: sum('bytes_received') };
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }

  async #fill(say: (line: string) => void): Promise<void> {
    const { client, run, certificates } = this.cluster;
    await applyAll(client, await render());
    await served(client);
    await this.population.create(say);
    const token = await tokenOf(client, NAMESPACE, 'namewall-operator');
    writeKubeconfig(run.file('operator.kubeconfig'), this.cluster.address, certificates.ca, { token });
    this.startOperator();
    writeFileSync(run.file('operators.crt'), await this.#bundle());
    say('the operator listens');
    this.#agents = await Agents.start(this.cluster, this.population.nodes, run.file('operators.crt'));
    await this.agents.synced(this.population.nodes.length);
  }

  /** What the operator publishes for its agents. */
  #bundle(): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/namewall-ca`;
    const read = async (): Promise<string | undefined> => {
      const { status, body } = await this.cluster.client.get(path);
      if (status === 404) return undefined;
      return (accepted({ status, body }) as { readonly data?: Record<string, string> }).data?.['ca.crt'];
    };
    return until('the operator to publish its authority', read, SLOW);
  }
}
