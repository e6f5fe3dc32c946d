/** The lab's node and pods as a kubelet would have them known: objects of the API server with addresses. */
import type { Pod } from '../lab/pod.ts';
import type { KubeClient } from './client.ts';
import { accepted } from './crds.ts';

const NODE = 'lab';

export async function registerNode(client: KubeClient): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE }, spec: { podCIDR: '198.18.1.0/24' } };
  accepted(await client.apply(`/api/v1/nodes/${NODE}`, 'lab', node));
}

/** A pod on {@link NODE}, in the namespace `default`. */
export async function registerPod(client: KubeClient, { name, labels, addresses }: Pod): Promise<void> {
  const path = '/api/v1/namespaces/default/pods';
  const spec = { nodeName: NODE, dnsPolicy: 'ClusterFirst', containers: [{ name: 'app', image: 'none' }] };
  accepted(await client.create(path, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec }));
  const status = { phase: 'Running', podIP: addresses.v4, podIPs: [{ ip: addresses.v4 }, { ip: addresses.v6 }] };
  accepted(await client.patch('merge', `${path}/${name}/status`, { status }));
}
