import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { until } from '../lab/until.ts';
import type { Answer, KubeClient, KubeObject } from './client.ts';

const FOLDER = resolve(import.meta.dirname, '../../../packages/policy/crds');
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Definition extends KubeObject {
  readonly metadata: { readonly name: string };
}

/** Our CustomResourceDefinitions as they are shipped. */
export function definitions(): Definition[] {
  const files = readdirSync(FOLDER).toSorted();
  return files.map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Definition);
}

/** Applies them and waits until the API server serves each kind. */
export async function installDefinitions(client: KubeClient): Promise<void> {
  for (const definition of definitions()) {
    const path = `${DEFINITIONS}/${definition.metadata.name}`;
    accepted(await client.apply(path, 'lab', definition));
  }
  await served(client);
}

/** Waits until the API server serves each kind. */
export async function served(client: KubeClient): Promise<void> {
  for (const { metadata } of definitions()) {
    await until(`${metadata.name} to be established`, async () => {
      const { body } = await client.get(`${DEFINITIONS}/${metadata.name}`);
      return conditions(body).some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

export function conditions({ status }: KubeObject): readonly Condition[] {
  return (status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
}

/** The answer's object, or an error with what the API server said. */
export function accepted({ status, body }: Answer): KubeObject {
  if (status < 300) return body;
  throw new Error(`the API server answered ${status}: ${body.message ?? JSON.stringify(body)}`);
}

const GROUP = '/apis/namewall.dev/v1alpha1';
const CLUSTER_KINDS: Readonly<Record<string, string>> = {
  ClusterFQDNNetworkPolicy: 'clusterfqdnnetworkpolicies',
  FQDNIdentity: 'fqdnidentities',
};

/** Where objects of one of our kinds are. */
export function pathOf(kind: string, namespace = 'default'): string {
  const plural = CLUSTER_KINDS[kind];
  return plural === undefined ? `${GROUP}/namespaces/${namespace}/fqdnnetworkpolicies` : `${GROUP}/${plural}`;
}
