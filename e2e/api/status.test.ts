/** What people are told of a policy: by real replicas on a real API server, from what agents of their protocol say. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeKubeconfig } from '../src/kube/certificates.ts';
import { NAMESPACE, applyAll, render } from '../src/kube/chart.ts';
import type { KubeObject } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, pathOf, served } from '../src/kube/crds.ts';
import { applyPolicy, makePod, removePod } from '../src/kube/objects.ts';
import { tokenOf } from '../src/kube/tokens.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const OPERATOR = join(import.meta.dirname, '../../packages/operator/src/main.ts');
const AGENT = join(import.meta.dirname, '../src/programs/status-agent.ts');
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/namewall-operator`;
const PORTS = { a: 9443, b: 9444 };
type Replica = keyof typeof PORTS;
const SLOW = { deadline: 60_000 };

let cluster: ControlPlane;
const replicas = new Map<Replica, LabProcess>();
const agents = new Map<string, LabProcess>();
let starts = 0;

before(async () => {
  cluster = await ControlPlane.start();
  const { client, run, certificates } = cluster;
  await applyAll(client, await render());
  await served(client);
  for (const name of ['n1', 'n2']) accepted(await client.apply(`/api/v1/nodes/${name}`, 'lab', node(name)));
  const token = await tokenOf(client, NAMESPACE, 'namewall-operator');
  writeKubeconfig(run.file('operator.kubeconfig'), cluster.address, certificates.ca, { token });
  configure('On');
  startReplica('a');
  await until('a to lead', async () => (await leader()) === 'a', SLOW);
  startReplica('b');
  await until('the authority to be published', async () => {
    const { status, body } = await client.get(`/api/v1/namespaces/${NAMESPACE}/configmaps/namewall-ca`);
    if (status !== 200) return false;
    writeFileSync(run.file('operators.crt'), (body as { data?: Record<string, string> }).data?.['ca.crt'] ?? '');
    return true;
  });
  await makePod(client, 'shop-1', ['198.18.1.1'], { labels: { app: 'shop' }, node: 'n1' });
  await makePod(client, 'shop-2', ['198.18.1.2'], { labels: { app: 'shop' }, node: 'n2' });
});
after(async () => {
  for (const process of [...replicas.values(), ...agents.values()]) await process.end('SIGKILL');
  await cluster.stop();
});

function configure(nodeSwitch: 'On' | 'Audit'): void {
  const kind = { apiVersion: 'namewall.dev/v1alpha1', kind: 'NamewallConfig', metadata: { name: 'namewall' } };
  writeFileSync(cluster.run.file('config.yaml'), JSON.stringify({ ...kind, spec: { nodeSwitch } }));
}

const node = (name: string): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });

function startReplica(name: Replica): void {
  const address = `127.0.0.1:${PORTS[name]}`;
  const flags = ['--source', 'kubernetes', '--kubeconfig', cluster.run.file('operator.kubeconfig')];
  flags.push('--config', cluster.run.file('config.yaml'));
  flags.push('--listen', `tls:${address}`, '--identity', name, '--address', address, '--namespace', NAMESPACE);
  const argv = inside(cluster.namespace, [process.execPath, OPERATOR, ...flags]);
  replicas.set(name, LabProcess.start(cluster.run, `operator-${name}-${++starts}`, argv));
}

async function leader(): Promise<unknown> {
  return (await cluster.client.get(LEASE)).body.spec?.['holderIdentity'];
}

/** An agent of a node whose stream ends at one replica. */
async function startAgent(name: string, replica: Replica): Promise<void> {
  const { client, run, namespace } = cluster;
  const pod = `agent-${name}`;
  const spec = { serviceAccountName: 'namewall-agent', hostNetwork: true };
  const uid = await makePod(client, pod, [], { namespace: NAMESPACE, node: name, spec });
  const boundTo = { kind: 'Pod' as const, name: pod, uid };
  const token = await tokenOf(client, NAMESPACE, 'namewall-agent', { audiences: ['namewall.dev/operator'], boundTo });
  const file = run.file(`${name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const argv = [process.execPath, AGENT, `tls:127.0.0.1:${PORTS[replica]}`, name, run.file('operators.crt'), file];
  agents.set(name, LabProcess.start(run, pod, inside(namespace, argv), { converse: true }));
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

interface Told {
  readonly version: string;
  readonly generation: number;
  readonly conditions: Readonly<Record<string, Condition>>;
  readonly status: Record<string, unknown>;
}

async function told(name: string): Promise<Told> {
  const object = accepted(await cluster.client.get(`${pathOf('FQDNNetworkPolicy')}/${name}`));
  const status = (object.status ?? {}) as Record<string, unknown> & { conditions?: Condition[] };
  const conditions = Object.fromEntries((status.conditions ?? []).map((one) => [one.type, one]));
  const { resourceVersion = '', generation = 0 } = object.metadata ?? {};
  return { version: resourceVersion, generation, conditions, status };
}

/** Waits until a policy's condition is so. @returns all that is told of it then */
function said(name: string, type: string, expected: RegExp): Promise<Told> {
  let last = '';
  return until(
    `${name}: ${type} ${expected}`,
    async () => {
      const all = await told(name);
      const { status = '', reason = '', message = '' } = all.conditions[type] ?? {};
      last = `${status} ${reason}: ${message}`;
      if (!expected.test(last)) throw new Error(last);
      return all;
    },
    SLOW,
  );
}

const spec = (...names: string[]): object => ({
  podSelector: { matchLabels: { app: 'shop' } },
  egress: [{ to: names.map((matchName) => ({ fqdn: { matchName } })), ports: [{ protocol: 'TCP', port: 443 }] }],
});

test('before an agent has connected, a policy says so', async () => {
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'b.example'));
  const all = await said('shop', 'Effective', /^False NoAgent: no agent has connected from n1, n2/u);
  assert.match(all.conditions['Accepted']?.status ?? '', /True/u);
  assert.match(all.conditions['Programmed']?.message ?? '', /^0 of 2 nodes; n1: no agent/u);
  assert.deepEqual([all.status['identities'], all.status['observedGeneration']], [2, all.generation]);
  assert.deepEqual(all.status['pods'], { selected: 2, enforced: 0 });
});

test('what agents at both replicas acknowledged is counted by the leader', async () => {
  await startAgent('n1', 'a');
  await startAgent('n2', 'b');
  const all = await said('shop', 'Programmed', /^True Programmed: 2 of 2 nodes/u);
  assert.deepEqual(all.status['nodes'], { desired: 2, programmed: 2 });
  assert.deepEqual(all.status['pods'], { selected: 2, enforced: 2 });
  await said('shop', 'Effective', /^True Effective/u);
});

test('columns of kubectl get', async () => {
  const { body } = await cluster.client.table(pathOf('FQDNNetworkPolicy'));
  const { rows = [] } = body as KubeObject & { rows?: { cells: unknown[] }[] };
  assert.deepEqual(rows[0]?.cells.slice(0, 6), ['shop', 'Enforce', 2, 'True', 'True', 'True']);
});

test('a node that refuses is named with its reason, and is well again when it takes the next', async () => {
  await agents.get('n2')?.ask('refuse TooLarge');
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'c.example'));
  await said('shop', 'Programmed', /^False Refused: 1 of 2 nodes; n2: its agent refused TooLarge: said by a test/u);
  await agents.get('n2')?.ask('ack');
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'd.example'));
  const all = await said('shop', 'Programmed', /^True Programmed/u);
  assert.equal(all.conditions['Programmed']?.observedGeneration, all.generation);
});

test('what an agent says of a pod’s cable', async () => {
  const { metadata } = accepted(await cluster.client.get('/api/v1/namespaces/default/pods/shop-1'));
  const uid = String((metadata as { readonly uid?: string }).uid);
  await agents.get('n1')?.ask(`report ${uid} 3 UnsupportedInterface eth0 is an ipvlan`);
  await said('shop', 'Effective', /^False UnsupportedInterface: pod default\/shop-1: eth0 is an ipvlan/u);
  await agents.get('n1')?.ask(`report ${uid} 2 Attached fine`);
  await said('shop', 'Effective', /^True Effective/u);
});

test('a NetworkPolicy in its way is named, until it is gone', async () => {
  const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
  const deny = { metadata: { name: 'no-egress' }, spec: { podSelector: {}, policyTypes: ['Egress'] } };
  accepted(await cluster.client.create(path, deny));
  await said('shop', 'Effective', /^False ShadowedByNetworkPolicy: NetworkPolicy default\/no-egress denies/u);
  accepted(await cluster.client.delete(`${path}/no-egress`));
  await said('shop', 'Effective', /^True Effective/u);
});

test('all nodes switched by the configuration, and back', async () => {
  configure('Audit');
  await said('shop', 'Effective', /^False SwitchedToAudit: the configuration switches all nodes to audit/u);
  configure('On');
  await said('shop', 'Effective', /^True Effective/u);
});

test('of what stands in its way there is one event', async () => {
  const { body } = await cluster.client.get('/apis/events.k8s.io/v1/namespaces/default/events');
  const events = (body.items ?? []) as readonly (KubeObject & { readonly note?: string })[];
  const notes = events.filter(({ reason }) => reason === 'ShadowedByNetworkPolicy').map(({ note }) => note);
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? '', /default\/no-egress denies/u);
});

test('identities are shown while policies use them', async () => {
  const selectors = async (): Promise<string[]> => {
    const { items = [] } = (await cluster.client.get(pathOf('FQDNIdentity'))).body;
    return items.map(({ spec: shown, status }) => {
      const { policies, nodes } = status as { policies?: { count: number }; nodes?: number };
      return `${String(shown?.['kind'])} ${String(shown?.['selector'])} ${policies?.count} ${nodes}`;
    });
  };
  const wide = { fqdn: { matchPattern: '*.S3.example.' } };
  await applyPolicy(cluster.client, 'wide', { podSelector: {}, egress: [{ to: [wide] }] });
  await until(
    'those in use, and no other',
    async () => {
      const shown = (await selectors()).toSorted();
      return shown.join() === 'Name a.example 1 2,Name d.example 1 2,Pattern *.s3.example 1 2';
    },
    SLOW,
  );
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/wide`));
  await until('the one that is used no more to go', async () => (await selectors()).length === 2, SLOW);
});

test('a name that anybody can get is warned of', async () => {
  const anybody = [{ to: [{ fqdn: { matchPattern: '*.amazonaws.com' } }] }];
  await applyPolicy(cluster.client, 'wide', { podSelector: { matchLabels: { app: 'nobody' } }, egress: anybody });
  await said('wide', 'Accepted', /^True Warning: it can be used; spec\.egress\[0\]/u);
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/wide`));
});

test('one that selects nothing, one that only reports', async () => {
  await applyPolicy(cluster.client, 'none', { ...spec('a.example'), podSelector: { matchLabels: { app: 'nobody' } } });
  await said('none', 'Effective', /^Unknown NoPods/u);
  await applyPolicy(cluster.client, 'audit', { ...spec('z.example'), enforcementMode: 'Audit' });
  await said('audit', 'Effective', /^True Audit/u);
  for (const name of ['none', 'audit']) {
    accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/${name}`));
  }
});

test('a pod with CAP_NET_ADMIN is named while it is there', async () => {
  const container = { name: 'c', image: 'none', securityContext: { capabilities: { add: ['NET_ADMIN'] } } };
  const one = { labels: { app: 'router' }, node: 'n1', spec: { containers: [container] } };
  await makePod(cluster.client, 'router', ['198.18.1.9'], one);
  await applyPolicy(cluster.client, 'router', {
    ...spec('a.example'),
    podSelector: { matchLabels: { app: 'router' } },
  });
  await said('router', 'Effective', /^True NetAdmin: pod default\/router has CAP_NET_ADMIN/u);
  await removePod(cluster.client, 'router');
  await said('router', 'Effective', /^Unknown NoPods/u);
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/router`));
});

test('when nothing changes, nothing is written', async () => {
  const earlier = await said('shop', 'Programmed', /^True/u);
  // Another object's status is written after this one could have been.
  await applyPolicy(cluster.client, 'fence', spec('fence.example'));
  await said('fence', 'Programmed', /^True/u);
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/fence`));
  const path = `${pathOf('FQDNNetworkPolicy')}/shop`;
  accepted(await cluster.client.patch('merge', path, { metadata: { annotations: { touched: 'yes' } } }));
  await makePod(cluster.client, 'stranger', ['198.18.1.9'], { labels: { app: 'stranger' }, node: 'n1' });
  await applyPolicy(cluster.client, 'fence', spec('fence.example'));
  await said('fence', 'Programmed', /^True/u);
  const later = await told('shop');
  assert.deepEqual(later.conditions, earlier.conditions);
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/fence`));
  await removePod(cluster.client, 'stranger');
});

test('somebody else’s condition and field stay', async () => {
  const path = `${pathOf('FQDNNetworkPolicy')}/shop/status`;
  const theirs = {
    type: 'example.com/Reviewed',
    status: 'True',
    reason: 'Reviewed',
    message: 'by a person',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const body = {
    apiVersion: 'namewall.dev/v1alpha1',
    kind: 'FQDNNetworkPolicy',
    metadata: { name: 'shop' },
    status: { conditions: [theirs] },
  };
  accepted(await cluster.client.apply(path, 'reviewer', body));
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'e.example'));
  const all = await said('shop', 'Programmed', /^True/u);
  await until('it to be about the new generation', async () => {
    const { conditions, generation } = await told('shop');
    return conditions['Programmed']?.observedGeneration === generation;
  });
  assert.equal(all.conditions['example.com/Reviewed']?.reason, 'Reviewed');
});

test('the leader is killed while it writes: the other one goes on, and times of what stays do not change', async () => {
  const earlier = await told('shop');
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'f.example'));
  await replicas.get('a')?.end('SIGKILL');
  // Its agent finds the other replica, as one behind a headless service does.
  await agents.get('n1')?.end('SIGKILL');
  accepted(await cluster.client.delete(`/api/v1/namespaces/${NAMESPACE}/pods/agent-n1?gracePeriodSeconds=0`));
  await startAgent('n1', 'b');
  await until('b to lead', async () => (await leader()) === 'b', SLOW);
  const later = await until(
    'the new generation to be told of',
    async () => {
      const all = await told('shop');
      const { status, observedGeneration } = all.conditions['Programmed'] ?? {};
      return status === 'True' && observedGeneration === all.generation && all;
    },
    SLOW,
  );
  assert.equal(later.conditions['Accepted']?.lastTransitionTime, earlier.conditions['Accepted']?.lastTransitionTime);
});

test('back, it follows: what its agents have, the other one tells', async () => {
  startReplica('a');
  await agents.get('n1')?.end('SIGKILL');
  await said('shop', 'Programmed', /^True/u);
  accepted(await cluster.client.delete(`/api/v1/namespaces/${NAMESPACE}/pods/agent-n1?gracePeriodSeconds=0`));
  await startAgent('n1', 'a');
  await applyPolicy(cluster.client, 'shop', spec('a.example', 'g.example'));
  await until(
    'both nodes to have it',
    async () => {
      const { conditions, generation } = await told('shop');
      const { status, observedGeneration } = conditions['Programmed'] ?? {};
      return status === 'True' && observedGeneration === generation;
    },
    SLOW,
  );
  assert.equal(await leader(), 'b');
});
