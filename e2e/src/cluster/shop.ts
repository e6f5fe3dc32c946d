import path from 'node:path';
import { command } from '../lab/command.ts';
import type { Cluster } from './cluster.ts';

const PODS = path.join(import.meta.dirname, 'shop.yaml');
export const POLICY = path.join(import.meta.dirname, 'policy.yaml');

/** Says what HTTP answers, or why nothing came. */
const PROBE = `fetch('http://' + process.argv[1] + '/', { signal: AbortSignal.timeout(8000) }).then(
  ({ status }) => console.log('open ' + status),
  (error) => console.log('refused ' + (error.cause?.code ?? error.name)),
)`;

/** How a pod asks for names. */
export type Asks = 'udp' | 'tcp' | 'local' | 'host' | 'load';

/** A pod of the shop: on which node, and how it asks for names. */
export interface Shop {
  readonly name: string;
  readonly node: string;
  readonly asks: Asks;
  readonly addresses: readonly string[];
}

/** Starts two pods on each node: one asks by UDP, one by TCP. @returns them, Ready */
export async function startShops(cluster: Cluster): Promise<Shop[]> {
  await cluster.kubectl('apply', '--filename', PODS);
  return [...(await shopsOf(cluster, 'udp')), ...(await shopsOf(cluster, 'tcp'))];
}

/** The pods of a DaemonSet of the shop, Ready. */
export async function shopsOf(cluster: Cluster, asks: Asks): Promise<Shop[]> {
  await cluster.kubectl('-n', 'demo', 'rollout', 'status', `daemonset/shop-${asks}`, '--timeout=120s');
  const selector = `--selector=app=shop,asks=${asks}`;
  const { items } = JSON.parse(await cluster.kubectl('-n', 'demo', 'get', 'pods', selector, '--output', 'json')) as {
    items: readonly ListedPod[];
  };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName,
    asks,
    addresses: status.podIPs.map(({ ip }) => ip),
  }));
}

interface ListedPod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly podIPs: readonly { readonly ip: string }[] };
}

/** The shop's pods anew. @returns them, Ready */
export async function replaceShops(cluster: Cluster): Promise<Shop[]> {
  await cluster.kubectl('-n', 'demo', 'delete', 'daemonset/shop-udp', 'daemonset/shop-tcp');
  await cluster.kubectl('-n', 'demo', 'wait', 'pod', '--selector=app=shop', '--for=delete', '--timeout=60s');
  return startShops(cluster);
}

/** The argv of a program inside the pod. */
export function inShop(cluster: Cluster, { name }: Pick<Shop, 'name'>, argv: readonly string[]): string[] {
  return cluster.tool('kubectl', ['-n', 'demo', 'exec', '--stdin', name, '--', ...argv]);
}

/** What the pod meets at a name or `[address]`: `open 200`, or `refused` and the error. */
export async function probe(cluster: Cluster, shop: Pick<Shop, 'name'>, host: string): Promise<string> {
  const { code, stdout, stderr } = await command(inShop(cluster, shop, ['node', '--eval', PROBE, host]));
  if (code !== 0) throw new Error(`the probe of ${host} in ${shop.name} ended with ${code}: ${stderr.trim()}`);
  return stdout.trim();
}

/** Applies the policy and waits until every node has it. */
export async function applyPolicy(cluster: Cluster): Promise<void> {
  await cluster.kubectl('apply', '--filename', POLICY);
  await policyIs(cluster, 'Programmed', 'True');
}

/** Waits until the policy's status says so. */
export async function policyIs(cluster: Cluster, condition: string, status: 'True' | 'False'): Promise<void> {
  const wanted = `--for=condition=${condition}=${status}`;
  await cluster.kubectl('-n', 'demo', 'wait', 'fnp/shop', wanted, '--timeout=60s');
}

/** What the policy's status says: reason and message of a condition. */
export async function saidOf(cluster: Cluster, condition: string): Promise<string> {
  const one = `{.status.conditions[?(@.type=="${condition}")]`;
  return cluster.kubectl('-n', 'demo', 'get', 'fnp/shop', '-o', `jsonpath=${one}.reason} ${one}.message}`);
}
