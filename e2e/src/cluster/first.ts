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

/** Pods of the shop that dial from their first instruction on: so many on each node. @returns what each met */
export async function dialAtOnce(cluster: Cluster, many: number): Promise<Dialled[]> {
  const items = NODES.flatMap(({ name: node }) => Array.from({ length: many }, (_, i) => podOf(node, i)));
  const file = cluster.run.file('dial.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await cluster.kubectl('create', '--filename', file);
  const ended = await until('pods to have dialled', () => endedOf(cluster, items.length), {
    deadline: 120_000,
    every: 200,
  });
  const dialled: Dialled[] = [];
  for (const name of ended) dialled.push({ name, said: (await cluster.kubectl('-n', 'demo', 'logs', name)).trim() });
  await cluster.kubectl('delete', '--filename', file, '--wait');
  return dialled;
}

const podOf = (node: string, index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'demo', name: `dial-${node}-${index}`, labels: { app: 'shop', asks: 'at-once' } },
  spec: {
    nodeName: node,
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'dial', image: DIAL, imagePullPolicy: 'Never', args: ['203.0.113.66', 'api.shop.example'] }],
  },
});

async function endedOf(cluster: Cluster, many: number): Promise<string[] | undefined> {
  const selector = '--selector=app=shop,asks=at-once';
  const { items } = JSON.parse(await cluster.kubectl('-n', 'demo', 'get', 'pods', selector, '-o', 'json')) as {
    items: readonly ListedPod[];
  };
  const ended = items.filter(({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed');
  return ended.length === many ? ended.map(({ metadata }) => metadata.name) : undefined;
}
