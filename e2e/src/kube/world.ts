import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Outcome, command } from '../lab/command.ts';
import { Lab, type PodLabels } from '../lab/lab.ts';
import { inside } from '../lab/namespaces.ts';
import { Namewall } from '../lab/namewall.ts';
import { attached } from '../lab/scenario.ts';
import { writeKubeconfig } from './certificates.ts';
import { NAMESPACE, applyAll, render } from './chart.ts';
import { ControlPlane } from './control-plane.ts';
import { served } from './crds.ts';
import { registerNode, registerPod } from './register.ts';
import { tokenOf } from './tokens.ts';
import { kubernetesTool } from './tools.ts';

/**
 * A real API server with the chart applied to it, an operator that may do there what the chart grants, and an agent on
 * a node of the lab with the lab's pods. What the chart would run in containers runs as processes.
 */
export class KubeWorld {
  readonly cluster: ControlPlane;
  readonly lab: Lab;
  readonly namewall: Namewall;
  /** Has kubectl, namewallctl and one program a pod that runs what it is given in it. */
  readonly bin: string;

  private constructor(cluster: ControlPlane, lab: Lab) {
    this.cluster = cluster;
    this.lab = lab;
    this.namewall = new Namewall(lab);
    this.bin = lab.run.file('bin');
  }

  /** Ready when programs are on the cables of all pods. */
  static async start(pods: PodLabels): Promise<KubeWorld> {
    const cluster = await ControlPlane.start();
    process.once('exit', () => cluster.run.remove());
    let lab: Lab | undefined;
    try {
      lab = await Lab.create(pods);
      const world = new KubeWorld(cluster, lab);
      await world.#install();
      world.startOperator();
      world.namewall.startAgent();
      await attached(world);
      world.#writePrograms();
      return world;
    } catch (error) {
      lab?.dispose();
      await cluster.stop();
      throw error;
    }
  }

  startOperator(): void {
    const flags = ['--source', 'kubernetes', '--kubeconfig', this.#account];
    flags.push('--config', this.namewall.file('source', 'config.yaml'));
    this.namewall.startOperatorWith(flags, this.cluster.namespace);
  }

  kubectl(...args: string[]): Promise<Outcome> {
    return command(this.#kubectl(args));
  }

  async stop(): Promise<void> {
    this.lab.dispose();
    await this.cluster.stop();
  }

  async #install(): Promise<void> {
    const { client, certificates } = this.cluster;
    await applyAll(client, await render());
    await served(client);
    await registerNode(client);
    for (const pod of this.lab.pods.values()) await registerPod(client, pod);
    const token = await tokenOf(client, NAMESPACE, 'namewall-operator');
    writeKubeconfig(this.#account, this.cluster.address, certificates.ca, { token });
  }

  /** The operator's own kubeconfig. */
  get #account(): string {
    return this.cluster.run.file('operator.kubeconfig');
  }

  #kubectl(args: readonly string[]): string[] {
    const argv = [kubernetesTool('kubectl'), '--kubeconfig', this.cluster.kubeconfig, ...args];
    return inside(this.cluster.namespace, argv);
  }

  #writePrograms(): void {
    mkdirSync(this.bin);
    this.#program('kubectl', this.#kubectl([]));
    this.#program('namewallctl', this.namewall.ctl());
    for (const pod of this.lab.pods.values()) this.#program(`in-${pod.name}`, pod.argv([]));
  }

  #program(name: string, argv: readonly string[]): void {
    const file = path.join(this.bin, name);
    writeFileSync(file, `#!/bin/sh\nexec ${argv.map(quoted).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
