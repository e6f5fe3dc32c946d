import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Outcome, command } from '../lab/command.ts';
import type { KubeClient, KubeObject } from './client.ts';
import { accepted } from './crds.ts';
import { kubernetesTool } from './tools.ts';

/** The chart as it is shipped. */
export const CHART = resolve(import.meta.dirname, '../../../charts/namewall');
export const NAMESPACE = 'namewall';

/** What helm makes of the chart. @param values `name=value` each, as for --set */
export function template(values: readonly string[] = []): Promise<Outcome> {
  const set = values.flatMap((value) => ['--set', value]);
  return command([kubernetesTool('helm'), 'template', 'namewall', CHART, '--namespace', NAMESPACE, ...set]);
}

export interface Rendered extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects that the chart makes. @throws what helm says */
export async function render(values: readonly string[] = []): Promise<Rendered[]> {
  const { code, stdout, stderr } = await template(values);
  if (code !== 0) throw new Error(stderr);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Rendered | null);
  return documents.filter((document) => document !== null);
}

const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

/** Where an object is, in the API. */
export function pathOfObject({ apiVersion, kind, metadata }: Rendered): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = CLUSTER_WIDE.has(kind) ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  return `${root}${place}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${metadata.name}`;
}

/** Applies objects, namespaces and definitions first. @throws with what the API server said of the first it refused */
export async function applyAll(client: KubeClient, objects: readonly Rendered[]): Promise<void> {
  const first = (one: Rendered): boolean => one.kind === 'CustomResourceDefinition';
  const namespaces = new Set(
    objects.flatMap(({ kind, metadata }) => (CLUSTER_WIDE.has(kind) ? [] : (metadata.namespace ?? []))),
  );
  for (const name of namespaces) {
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    accepted(await client.apply(`/api/v1/namespaces/${name}`, 'lab', space));
  }
  for (const one of [...objects.filter(first), ...objects.filter((object) => !first(object))]) {
    accepted(await client.apply(pathOfObject(one), 'helm', one, { force: true }));
  }
}
