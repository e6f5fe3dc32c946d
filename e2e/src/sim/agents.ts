import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE } from '../kube/chart.ts';
import type { ControlPlane } from '../kube/control-plane.ts';
import { inParallel } from '../kube/in-parallel.ts';
import { makePod } from '../kube/objects.ts';
import { tokenOf } from '../kube/tokens.ts';
import { mustRun } from '../lab/command.ts';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import { until } from '../lab/until.ts';

/** An agent of the program sim-agents. */
export interface SimAgent {
  readonly address: string;
  readonly node: string;
  readonly token: string;
}

/** What the agents have seen. */
export interface Answer {
  /** Agents that hold everything. */
  readonly synced: number;
  /** Since the mark: agents with a change; the most changes that one had; how many had as many. */
  readonly agents: number;
  readonly most: number;
  readonly busiest: number;
  readonly upserts: number;
  readonly removals: number;
  readonly refused: number;
  /** CLOCK_MONOTONIC in nanoseconds: when that last changed. */
  readonly last: string;
}

const PROGRAM = join(import.meta.dirname, '../programs/sim-agents.ts');
const AUDIENCE = 'namewall.dev/operator';
const ACCOUNT = 'namewall-agent';
export const PORT = 9443;

/** A thousand agents that the operator cannot tell from real ones, in one process. */
export class Agents {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  /**
   * Each agent has a pod with its token and an address of its own, as on a node of its own: what limits strangers
   * counts by address.
   */
  static async start(cluster: ControlPlane, nodes: readonly string[], ca: string): Promise<Agents> {
    await giveAddresses(cluster, nodes.length);
    const agents: SimAgent[] = [];
    await inParallel(nodes, async (node, index) => {
      const name = `namewall-agent-${node}`;
      const spec = { serviceAccountName: ACCOUNT, hostNetwork: true };
      const uid = await makePod(cluster.client, name, [near(index)], { namespace: NAMESPACE, node, spec });
      const boundTo = { kind: 'Pod' as const, name, uid };
      const token = await tokenOf(cluster.client, NAMESPACE, ACCOUNT, { audiences: [AUDIENCE], boundTo });
      agents.push({ address: `tls:${far(index)}:${PORT}`, node, token });
    });
    const file = cluster.run.file('agents.json');
    writeFileSync(file, JSON.stringify(agents), { mode: 0o600 });
    const argv = inside(cluster.namespace, [process.execPath, PROGRAM, file, ca]);
    return new Agents(LabProcess.start(cluster.run, 'sim-agents', argv, { converse: true }));
  }

  /** What is counted begins anew. */
  mark(): Promise<Answer> {
    return this.#ask('mark');
  }

  /** When so many have applied something since the mark. */
  applied(count: number): Promise<Answer> {
    return this.#ask(`applied ${count}`);
  }

  /** When they have applied so many changes since the mark, all together. */
  changes(count: number): Promise<Answer> {
    return this.#ask(`changes ${count}`);
  }

  /** When so many hold everything. */
  synced(count: number): Promise<Answer> {
    return this.#ask(`synced ${count}`);
  }

  view(): Promise<Answer> {
    return this.#ask('view');
  }

  /** When none of them has a stream. */
  lost(): Promise<Answer> {
    return until('every stream to end', async () => {
      const view = await this.view();
      return view.synced === 0 && view;
    });
  }

  async #ask(line: string): Promise<Answer> {
    return JSON.parse(await this.#process.ask(line)) as Answer;
  }
}

/** Where an agent connects from. */
const near = (index: number): string => `198.18.${200 + (index >> 8)}.${index & 255}`;
/** Where it reaches the operator: the route there names the address that it comes from. */
const far = (index: number): string => `198.18.${208 + (index >> 8)}.${index & 255}`;

async function giveAddresses({ run, namespace }: ControlPlane, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => [
    `address add ${near(index)}/32 dev lo`,
    `route add local ${far(index)}/32 dev lo table local src ${near(index)}`,
  ]);
  const file = run.file('addresses');
  writeFileSync(file, `${lines.flat().join('\n')}\n`);
  await mustRun(['nsenter', `--net=${namespace.path}`, 'ip', '-batch', file]);
}
