import type { z } from 'zod';
import { API_VERSION } from '../schema/common.ts';
import { fqdnIdentitySchema } from '../schema/identity.ts';
import { clusterFqdnNetworkPolicySchema, fqdnNetworkPolicySchema } from '../schema/policy.ts';
import { structural } from './structural.ts';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** above 0: only with -o wide */
  readonly priority?: number;
}

interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly schema: z.ZodType;
  readonly columns: readonly Column[];
}

const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function condition(type: string, description: string, priority?: number): Column {
  const jsonPath = `.status.conditions[?(@.type=="${type}")].status`;
  return { name: type, type: 'string', jsonPath, description, ...(priority === undefined ? {} : { priority }) };
}

const POLICY_COLUMNS: readonly Column[] = [
  { name: 'Mode', type: 'string', jsonPath: '.spec.enforcementMode', description: 'Audit blocks nothing.' },
  { name: 'Pods', type: 'integer', jsonPath: '.status.pods.selected', description: 'Pods that it selects.' },
  condition('Accepted', 'Whether it can be used; its message names the field.', 1),
  condition('Programmed', 'Whether the nodes of its pods hold it.'),
  condition('Effective', 'Whether nothing stands in its way.'),
  AGE,
];

const KINDS: readonly Kind[] = [
  {
    kind: 'FQDNNetworkPolicy',
    plural: 'fqdnnetworkpolicies',
    shortName: 'fnp',
    scope: 'Namespaced',
    schema: fqdnNetworkPolicySchema,
    columns: POLICY_COLUMNS,
  },
  {
    kind: 'ClusterFQDNNetworkPolicy',
    plural: 'clusterfqdnnetworkpolicies',
    shortName: 'cfnp',
    scope: 'Cluster',
    schema: clusterFqdnNetworkPolicySchema,
    columns: POLICY_COLUMNS,
  },
  {
    kind: 'FQDNIdentity',
    plural: 'fqdnidentities',
    shortName: 'fqid',
    scope: 'Cluster',
    schema: fqdnIdentitySchema,
    columns: [
      { name: 'Selector', type: 'string', jsonPath: '.spec.selector', description: 'Which names it stands for.' },
      { name: 'Policies', type: 'integer', jsonPath: '.status.policies.count', description: 'Policies with it.' },
      { name: 'Nodes', type: 'integer', jsonPath: '.status.nodes', description: 'Nodes with a pod of theirs.' },
      AGE,
    ],
  },
];

/** apiextensions.k8s.io/v1, of it what we say. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/** Our kinds for an API server, the same at every call. */
export function customResourceDefinitions(): CustomResourceDefinition[] {
  return KINDS.map(({ kind, plural, shortName, scope, schema, columns }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['namewall'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: structural(schema) },
        },
      ],
    },
  }));
}
