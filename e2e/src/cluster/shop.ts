import path from 'node:path';
import { CHART, NAMESPACE } from '../kube/chart.ts';
import { command } from '../lab/command.ts';
import type { Cluster } from './cluster.ts';

const PODS = path.join(import.meta.dirname, 'shop.yaml');
export const POLICY = path.join(import.meta.dirname, 'policy.yaml');

/** Says what HTTP answers, or why nothing came. */
const PROBE = `fetch('http://' + process.argv[1] + '/', { signal: AbortSignal.timeout(8000) }).then(
  ({ status }) => console.log('open ' + status),
  (error) => console.log('refused ' + (error.cause?.code ?? error.name)),
)`;

/** A pod of the shop: on which node, and how it asks for names. */
export interface Shop {
  readonly name: string;
  readonly node: string;
  readonly asks: 'udp' | 'tcp';
}

/** Starts two pods on each node. @returns them, Ready */
export async function startShops(cluster: Cluster): Promise<Shop[]> {
  await cluster.kubectl('apply', '--filename', PODS);
  for (const asks of ['udp', 'tcp']) {
    await cluster.kubectl('-n', 'demo', 'rollout', 'status', `daemonset/shop-${asks}`, '--timeout=120s');
  }
  const listed = await cluster.kubectl('-n', 'demo', 'get', 'pods', '--output', 'json');
  const { items } = JSON.parse(listed) as { items: readonly ListedPod[] };
  return items.map(({ metadata, spec }) => ({
    name: metadata.name,
    node: spec.nodeName,
    asks: metadata.labels.asks,
  }));
}

interface ListedPod {
  readonly metadata: { readonly name: string; readonly labels: { readonly asks: 'udp' | 'tcp' } };
  readonly spec: { readonly nodeName: string };
}

/** What the pod meets at a name: `open 200`, or `refused` and the error. */
export async function probe(cluster: Cluster, shop: Shop, name: string): Promise<string> {
  return (await cluster.kubectl('-n', 'demo', 'exec', shop.name, '--', 'node', '--eval', PROBE, name)).trim();
}

/** The chart as it is shipped, of the images that are there. @throws what helm says */
export async function installChart(cluster: Cluster): Promise<void> {
  await helm(cluster, [
    'upgrade',
    '--install',
    'namewall',
    CHART,
    '--namespace',
    NAMESPACE,
    '--create-namespace',
    '--set',
    'image.pullPolicy=Never',
    '--wait',
    '--timeout',
    '3m',
  ]);
}

export async function helm(cluster: Cluster, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await command(cluster.tool('helm', args), { deadline: 300_000 });
  if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}

/** Applies the policy and waits until every node has it. */
export async function applyPolicy(cluster: Cluster): Promise<void> {
  await cluster.kubectl('apply', '--filename', POLICY);
  await cluster.kubectl('-n', 'demo', 'wait', 'fnp/shop', '--for=condition=Programmed', '--timeout=60s');
}
