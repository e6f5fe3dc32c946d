import type { KubeClient } from './client.ts';
import { accepted, pathOf } from './crds.ts';

export interface PodChoices {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly spec?: object;
  readonly phase?: string;
}

const IMAGE = 'registry.example/nothing';

/** A pod as the scheduler and the kubelet leave it. @returns its UID */
export async function makePod(
  client: KubeClient,
  name: string,
  addresses: readonly string[],
  { namespace = 'default', labels = {}, annotations = {}, node = 'lab', spec = {}, phase = 'Running' }: PodChoices = {},
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const containers = [{ name: 'c', image: IMAGE }];
  const made = accepted(
    await client.create(path, {
      metadata: { name, labels, annotations },
      spec: { nodeName: node, containers, ...spec },
    }),
  );
  const podIPs = addresses.map((ip) => ({ ip }));
  const status = { phase, ...(podIPs.length > 0 && { podIP: addresses[0], podIPs }) };
  accepted(await client.patch('merge', `${path}/${name}/status`, { status }));
  return String((made.metadata as { readonly uid?: string } | undefined)?.uid);
}

/** As a kubelet that has given up on it does: the object goes at once. */
export async function removePod(client: KubeClient, name: string, namespace = 'default'): Promise<void> {
  accepted(await client.delete(`/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`));
}

export interface SliceChoices {
  readonly namespace: string;
  readonly name: string;
  /** of the label that names its service */
  readonly service: string;
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

export async function makeSlice(
  client: KubeClient,
  { namespace, name, service, ...rest }: SliceChoices,
): Promise<void> {
  const { addresses, ports } = rest;
  const body = {
    metadata: { name, labels: { 'kubernetes.io/service-name': service } },
    addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ports,
  };
  accepted(await client.create(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, body));
}

/** Applies a policy of the default namespace. */
export async function applyPolicy(client: KubeClient, name: string, spec: object): Promise<void> {
  const kind = 'FQDNNetworkPolicy';
  const body = { apiVersion: 'namewall.dev/v1alpha1', kind, metadata: { name }, spec };
  accepted(await client.apply(`${pathOf(kind)}/${name}`, 'lab', body, { force: true }));
}
