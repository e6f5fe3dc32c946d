import { mustRun } from '../lab/command.ts';
import type { Cluster } from './cluster.ts';
import type { Shop } from './shop.ts';

/** The name of the network namespace that holds a pod's address, on its node. */
async function namespaceOf(cluster: Cluster, { name, node, addresses: [address = ''] }: Shop): Promise<string> {
  const names = (await mustRun(cluster.onNode(node, ['ls', '/run/netns']))).split('\n').filter(Boolean);
  for (const candidate of names) {
    const shown = await mustRun(cluster.onNode(node, ['ip', '-n', candidate, '-o', 'addr', 'show', 'to', address]));
    if (shown !== '') return candidate;
  }
  throw new Error(`no network namespace on ${node} has the address ${address} of ${name}`);
}

/** Gives a pod a link to its node's network beside its cable, as plugins for several networks do. */
export async function addLink(cluster: Cluster, shop: Shop, name: string): Promise<void> {
  const namespace = await namespaceOf(cluster, shop);
  const own = ['link', 'add', 'link', 'eth0', 'name', name, 'netns', namespace, 'type', 'macvlan', 'mode', 'bridge'];
  await mustRun(cluster.onNode(shop.node, ['ip', ...own]));
  await mustRun(cluster.onNode(shop.node, ['ip', '-n', namespace, 'link', 'set', name, 'up']));
}

export async function removeLink(cluster: Cluster, shop: Shop, name: string): Promise<void> {
  const namespace = await namespaceOf(cluster, shop);
  await mustRun(cluster.onNode(shop.node, ['ip', '-n', namespace, 'link', 'del', name]));
}
