import type { KubeClient, KubeObject } from './client.ts';
import { accepted } from './crds.ts';

/** Makes a service account where there is none. */
export async function serviceAccount(client: KubeClient, namespace: string, name: string): Promise<void> {
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  accepted(await client.apply(`/api/v1/namespaces/${namespace}`, 'lab', space));
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  accepted(await client.apply(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`, 'lab', account));
}

export interface TokenOptions {
  /** Default: the API server's own. */
  readonly audiences?: readonly string[];
  /** The token ends with this object. */
  readonly boundTo?: { readonly kind: 'Pod'; readonly name: string; readonly uid: string };
}

/** A token of a service account, as the kubelet projects them. */
export async function tokenOf(
  client: KubeClient,
  namespace: string,
  name: string,
  { audiences, boundTo }: TokenOptions = {},
): Promise<string> {
  const spec = {
    ...(audiences && { audiences }),
    expirationSeconds: 3600,
    ...(boundTo && { boundObjectRef: { apiVersion: 'v1', ...boundTo } }),
  };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const made = accepted(
    await client.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body),
  ) as KubeObject & { status: { token: string } };
  return made.status.token;
}

/** Binds a cluster role to a service account. */
export async function grant(client: KubeClient, namespace: string, name: string, role: string): Promise<void> {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${namespace}-${name}-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  };
  const path = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${binding.metadata.name}`;
  accepted(await client.apply(path, 'lab', binding));
}
