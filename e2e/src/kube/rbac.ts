/** Every verb that the chart grants the operator, with an operation that needs it and what it is for. */
import { NAMESPACE } from './chart.ts';

export interface Grant {
  /** The role that has it: `ClusterRole`, or a namespace's `Role`. */
  readonly role: { readonly kind: 'ClusterRole' | 'Role'; readonly namespace?: string; readonly name: string };
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Of objects; absent: all. */
  readonly names?: readonly string[];
  readonly why: string;
  readonly call: readonly [method: string, path: string, body?: object, contentType?: string];
}

const OPERATOR = 'namewall-operator';
const APPLY = 'application/apply-patch+yaml';
const NAMEWALL = '/apis/namewall.dev/v1alpha1';
const OWN = `/api/v1/namespaces/${NAMESPACE}`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;

const everywhere = { kind: 'ClusterRole', name: OPERATOR } as const;
const own = { kind: 'Role', namespace: NAMESPACE, name: OPERATOR } as const;

type Scope = Pick<Grant, 'role' | 'group' | 'resource' | 'names'>;

const followed = (scope: Scope, path: string, why: string): Grant[] => {
  const query = scope.names === undefined ? '' : `&fieldSelector=metadata.name%3D${scope.names[0]}`;
  return [
    { ...scope, verb: 'list', why, call: ['GET', `${path}?limit=1${query}`] },
    {
      ...scope,
      verb: 'watch',
      why: `${why}, as they change`,
      call: ['GET', `${path}?watch=true&timeoutSeconds=1${query}`],
    },
  ];
};

const meta = (name: string) => ({ metadata: { name, namespace: NAMESPACE } });
const applied = (kind: string, name: string, rest: object, namespace?: string): object => ({
  apiVersion: 'namewall.dev/v1alpha1',
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  ...rest,
});

/** The first 32 hex digits of a SHA-256, as identities are named. */
const IDENTITY = '0'.repeat(32);
const identity = applied('FQDNIdentity', IDENTITY, { spec: { kind: 'Name', selector: 'a.example' } });
const manager = 'fieldManager=namewall&force=true&dryRun=All';

function inNamespace(namespace: string, service: string, what: string): Grant[] {
  const role = { kind: 'Role', namespace, name: `${OPERATOR}-${service}` } as const;
  return [
    ...followed(
      { role, group: '', resource: 'services', names: [service] },
      `/api/v1/namespaces/${namespace}/services`,
      `addresses of ${what}`,
    ),
    ...followed(
      { role, group: 'discovery.k8s.io', resource: 'endpointslices' },
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      `addresses behind ${what}`,
    ),
  ];
}

function statusOf(kind: string, plural: string, path: string, namespace?: string): Grant {
  const status = applied(kind, 'p', { status: { observedGeneration: 1 } }, namespace);
  const call = ['PATCH', `${path}/p/status?${manager}`, status, APPLY] as const;
  return {
    role: everywhere,
    group: 'namewall.dev',
    resource: `${plural}/status`,
    verb: 'patch',
    why: 'their status',
    call,
  };
}

export const GRANTS: readonly Grant[] = [
  ...followed(
    { role: everywhere, group: 'namewall.dev', resource: 'fqdnnetworkpolicies' },
    `${NAMEWALL}/fqdnnetworkpolicies`,
    'policies',
  ),
  ...followed(
    { role: everywhere, group: 'namewall.dev', resource: 'clusterfqdnnetworkpolicies' },
    `${NAMEWALL}/clusterfqdnnetworkpolicies`,
    'cluster policies',
  ),
  statusOf('FQDNNetworkPolicy', 'fqdnnetworkpolicies', `${NAMEWALL}/namespaces/default/fqdnnetworkpolicies`, 'default'),
  statusOf('ClusterFQDNNetworkPolicy', 'clusterfqdnnetworkpolicies', `${NAMEWALL}/clusterfqdnnetworkpolicies`),
  ...(
    [
      ['list', 'identities that an earlier leader left', ['GET', `${NAMEWALL}/fqdnidentities?limit=1`]],
      ['patch', 'identities in use', ['PATCH', `${NAMEWALL}/fqdnidentities/${IDENTITY}?${manager}`, identity, APPLY]],
      ['create', 'identities in use', ['PATCH', `${NAMEWALL}/fqdnidentities/${IDENTITY}?${manager}`, identity, APPLY]],
      ['delete', 'identities that nobody uses', ['DELETE', `${NAMEWALL}/fqdnidentities/${IDENTITY}?dryRun=All`]],
    ] as const
  ).map(([verb, why, call]): Grant => ({
    role: everywhere,
    group: 'namewall.dev',
    resource: 'fqdnidentities',
    verb,
    why,
    call,
  })),
  {
    role: everywhere,
    group: 'namewall.dev',
    resource: 'fqdnidentities/status',
    verb: 'patch',
    why: 'who uses them',
    call: [
      'PATCH',
      `${NAMEWALL}/fqdnidentities/${IDENTITY}/status?${manager}`,
      applied('FQDNIdentity', IDENTITY, { status: { nodes: 1 } }),
      APPLY,
    ],
  },
  ...followed(
    { role: everywhere, group: '', resource: 'pods' },
    '/api/v1/pods',
    'pods: labels, node, addresses; whose pod an agent’s token is of',
  ),
  ...followed({ role: everywhere, group: '', resource: 'namespaces' }, '/api/v1/namespaces', 'labels of namespaces'),
  ...followed({ role: everywhere, group: '', resource: 'nodes' }, '/api/v1/nodes', 'addresses and pod ranges of nodes'),
  ...followed(
    { role: everywhere, group: 'networking.k8s.io', resource: 'networkpolicies' },
    '/apis/networking.k8s.io/v1/networkpolicies',
    'what network policies stand in the way of ours',
  ),
  ...followed(
    { role: everywhere, group: 'networking.k8s.io', resource: 'servicecidrs' },
    '/apis/networking.k8s.io/v1/servicecidrs',
    'service ranges',
  ),
  {
    role: everywhere,
    group: 'events.k8s.io',
    resource: 'events',
    verb: 'create',
    why: 'what a user must see once',
    call: ['POST', '/apis/events.k8s.io/v1/namespaces/default/events?dryRun=All', event()],
  },
  {
    role: everywhere,
    group: 'authentication.k8s.io',
    resource: 'tokenreviews',
    verb: 'create',
    why: 'whose token an agent has',
    call: ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'none' } }],
  },
  {
    role: everywhere,
    group: 'authorization.k8s.io',
    resource: 'subjectaccessreviews',
    verb: 'create',
    why: 'who may see all nodes',
    call: [
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      { spec: { user: 'nobody', nonResourceAttributes: { path: '/', verb: 'get' } } },
    ],
  },
  ...inNamespace('kube-system', 'kube-dns', 'the DNS service'),
  ...inNamespace('default', 'kubernetes', 'the API servers'),
  grant('coordination.k8s.io', 'leases', 'create', 'leading', ['POST', `${LEASES}?dryRun=All`, meta('x')]),
  grant('coordination.k8s.io', 'leases', 'get', 'who leads', ['GET', `${LEASES}/${OPERATOR}`], [OPERATOR]),
  grant(
    'coordination.k8s.io',
    'leases',
    'update',
    'leading',
    ['PUT', `${LEASES}/${OPERATOR}?dryRun=All`, meta(OPERATOR)],
    [OPERATOR],
  ),
  ...stored('secrets', 'the CA of agents’ certificates'),
  ...stored('configmaps', 'the CA that agents trust'),
  ...followed(
    { role: own, group: '', resource: 'configmaps', names: ['namewall-config'] },
    `${OWN}/configmaps`,
    'the configuration, with the switch of all nodes',
  ),
];

function grant(
  group: string,
  resource: string,
  verb: string,
  why: string,
  call: Grant['call'],
  names?: readonly string[],
): Grant {
  return { role: own, group, resource, verb, why, call, ...(names && { names }) };
}

/** An object of the operator's own namespace that it makes and keeps. */
function stored(resource: string, why: string): Grant[] {
  const name = 'namewall-ca';
  return [
    grant('', resource, 'create', why, ['POST', `${OWN}/${resource}?dryRun=All`, meta('x')]),
    grant('', resource, 'get', why, ['GET', `${OWN}/${resource}/${name}`], [name]),
    grant('', resource, 'update', why, ['PUT', `${OWN}/${resource}/${name}?dryRun=All`, meta(name)], [name]),
  ];
}

function event(): object {
  return {
    metadata: { name: 'namewall.test' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'namewall.dev/operator',
    reportingInstance: 'test',
    action: 'Test',
    reason: 'Test',
    type: 'Normal',
    note: 'test',
    regarding: { kind: 'FQDNNetworkPolicy', namespace: 'default', name: 'p' },
  };
}

/** What to ask `kubectl auth can-i` to see whether it is granted. */
export function canI({ role, group, resource, verb, names = [] }: Grant): string[] {
  const [plural = '', subresource] = resource.split('/');
  const what = [group === '' ? plural : `${plural}.${group}`, ...names].join('/');
  const sub = subresource === undefined ? [] : [`--subresource=${subresource}`];
  return [verb, what, ...sub, ...(role.namespace === undefined ? ['--all-namespaces'] : ['-n', role.namespace])];
}

/** The page of all grants, for people who review what they give away. */
export function rbacPage(grants: readonly Grant[]): string {
  const rows = grants.map((one) => `| \`kubectl auth can-i ${canI(one).join(' ')}\` | ${one.why} |`);
  return `# What the operator may do

Least privilege: every verb below is used, and a test takes each away and sees the operation that needs it refused
(\`e2e/api/rbac.test.ts\`, which also wrote this page and finds nothing granted beyond it). Ask your cluster with
\`--as system:serviceaccount:${NAMESPACE}:${OPERATOR}\` behind each line.

Agents are granted nothing: their service account only says who they are, in a token that no API server accepts. They
never read Secrets, and what they know of the cluster comes over the operator's stream, for their own node.

With \`certificates.existingSecret\` creating and updating Secrets goes, with \`identities: 0\` everything on
\`fqdnidentities\`.

| may | for |
|---|---|
${rows.join('\n')}
`;
}
