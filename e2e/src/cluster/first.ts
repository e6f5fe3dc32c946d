import { writeFileSync } from 'node:fs';
import { until } from '../lab/until.ts';
import type { Cluster } from './cluster.ts';
import { DIAL } from './images.ts';
import { NODES } from './plan.ts';

interface Dialled {
  readonly name: string;
  /** What it said when it ended: see dial.c. */
  readonly said: string;
}

interface ListedPod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly phase?: string };
}

/** Seconds that a pod dials at most. */
const AT_ONCE = 20;
/** Seconds in which pods start, and in which it is seen that they have ended. */
const PATIENCE = 100;

/** Pods of the shop that dial from their first instruction on until the name that they may reach answers. */
export class Dialling {
  readonly #cluster: Cluster;
  readonly #file: string;
  readonly #many: number;
  readonly #seconds: number;

  private constructor(cluster: Cluster, many: number, seconds: number) {
    this.#cluster = cluster;
    this.#file = cluster.run.file('dial.json');
    this.#many = many * NODES.length;
    this.#seconds = seconds;
  }

  /** @param many on each node. @param seconds for which they dial at most */
  static async start(cluster: Cluster, many: number, seconds: number): Promise<Dialling> {
    const dialling = new Dialling(cluster, many, seconds);
    const items = NODES.flatMap(({ name }) => Array.from({ length: many }, (_, i) => podOf(name, i, seconds)));
    writeFileSync(dialling.#file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await cluster.kubectl('create', '--filename', dialling.#file);
    return dialling;
  }

  /** Waits until all of them dial, none to its end. */
  async begun(): Promise<void> {
    const begun = async (): Promise<boolean> => (await this.#in('Running')).length === this.#many;
    await until('all pods to dial', begun, { deadline: PATIENCE * 1000, every: 200 });
  }

  /** Waits until all of them have ended, and removes them. @returns what each met */
  async met(): Promise<Dialled[]> {
    const ended = async (): Promise<string[] | undefined> => {
      const names = await this.#in('Succeeded', 'Failed');
      return names.length === this.#many ? names : undefined;
    };
    const deadline = (this.#seconds + PATIENCE) * 1000;
    const names = await until('pods to have dialled', ended, { deadline, every: 200 });
    const dialled: Dialled[] = [];
    for (const name of names) {
      const log = await this.#cluster.kubectl(...IN_DEMO, 'logs', name);
      dialled.push({ name, said: log.trim() });
    }
    await this.#cluster.kubectl('delete', '--filename', this.#file, '--wait');
    return dialled;
  }

  /** The names of those in one of some phases. */
  async #in(...phases: readonly string[]): Promise<string[]> {
    const selector = '--selector=app=shop,asks=at-once';
    const { items } = JSON.parse(await this.#cluster.kubectl(...IN_DEMO, 'get', 'pods', selector, '-o', 'json')) as {
      items: readonly ListedPod[];
    };
    return items.filter(({ status }) => phases.includes(status.phase ?? '')).map(({ metadata }) => metadata.name);
  }
}

/** Pods that dial, so many on each node, to their end. @returns what each met */
export async function dialAtOnce(cluster: Cluster, many: number): Promise<Dialled[]> {
  return (await Dialling.start(cluster, many, AT_ONCE)).met();
}

const IN_DEMO = ['-n', 'demo'];

const podOf = (node: string, index: number, seconds: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'demo', name: `dial-${node}-${index}`, labels: { app: 'shop', asks: 'at-once' } },
  spec: {
    nodeName: node,
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'dial',
        image: DIAL,
        imagePullPolicy: 'Never',
        args: ['203.0.113.66', 'api.shop.example', String(seconds)],
      },
    ],
  },
});
