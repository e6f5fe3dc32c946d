import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { writeKubeconfig } from '../src/kube/certificates.ts';
import { NAMESPACE, applyAll, render } from '../src/kube/chart.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, served } from '../src/kube/crds.ts';
import { type TokenOptions, grant, serviceAccount, tokenOf } from '../src/kube/tokens.ts';
import { command } from '../src/lab/command.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const PACKAGES = join(import.meta.dirname, '../../packages');
const AUDIENCE = 'namewall.dev/operator';
const AGENT = 'namewall-agent';
const PORTS = [9443, 9444];
const SLOW = { deadline: 30_000 };

let cluster: ControlPlane;
let operators: LabProcess[] = [];
const clients: LabProcess[] = [];
let count = 0;

before(async () => {
  cluster = await ControlPlane.start();
  await applyAll(cluster.client, await render());
  await served(cluster.client);
  for (const name of ['node-a', 'node-b']) {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
    accepted(await cluster.client.apply(`/api/v1/nodes/${name}`, 'lab', node));
  }
  const token = await tokenOf(cluster.client, NAMESPACE, 'namewall-operator');
  writeKubeconfig(cluster.run.file('operator.kubeconfig'), cluster.address, cluster.certificates.ca, { token });
  // Two at once: they must agree on one authority.
  operators = PORTS.map((port) => startOperator(port));
  await until('both operators to listen', () => operators.every((one) => said(one, 'listening').length > 0), SLOW);
  writeFileSync(cluster.run.file('operators.crt'), await bundle());
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end('SIGKILL');
});
after(async () => {
  for (const operator of operators) await operator.end('SIGKILL');
  await cluster.stop();
});

function startOperator(port: number): LabProcess {
  const flags = ['--source', 'kubernetes', '--kubeconfig', cluster.run.file('operator.kubeconfig')];
  flags.push('--listen', `tls:127.0.0.1:${port}`, '--identity', `replica-${port}`);
  const argv = [process.execPath, join(PACKAGES, 'operator/src/main.ts'), ...flags];
  return LabProcess.start(cluster.run, `operator-${port}`, inside(cluster.namespace, argv));
}

async function bundle(): Promise<string> {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/namewall-ca`;
  const { data } = accepted(await cluster.client.get(path)) as { readonly data?: Record<string, string> };
  return data?.['ca.crt'] ?? '';
}

function lines(process: LabProcess): Record<string, unknown>[] {
  const text = readFileSync(process.log, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
}

function said(process: LabProcess, message: string): Record<string, unknown>[] {
  return lines(process).filter((line) => line['message'] === message);
}

/** A pod as a kubelet's node has it. @returns its UID */
async function pod(namespace: string, name: string, node: string, account: string): Promise<string> {
  const spec = { nodeName: node, serviceAccountName: account, containers: [{ name: 'app', image: 'none' }] };
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
  const { metadata } = accepted(await cluster.client.create(`/api/v1/namespaces/${namespace}/pods`, body));
  return (metadata as { readonly uid?: string } | undefined)?.uid ?? '';
}

/** The token that a kubelet would project into a new pod. */
async function podToken(node: string, options: TokenOptions = {}, [namespace, account] = [NAMESPACE, AGENT]) {
  const name = `pod-${++count}`;
  const uid = await pod(namespace, name, node, account);
  const boundTo = { kind: 'Pod' as const, name, uid };
  const token = await tokenOf(cluster.client, namespace, account, { audiences: [AUDIENCE], boundTo, ...options });
  return { token, path: `/api/v1/namespaces/${namespace}/pods/${name}` };
}

function connect(node: string, token: string, port = PORTS[0]): LabProcess {
  const name = `client-${++count}`;
  const file = cluster.run.file(`${name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const program = join(import.meta.dirname, '../src/programs/stream-client.ts');
  const argv = [process.execPath, program, `tls:127.0.0.1:${port}`, node, cluster.run.file('operators.crt'), file];
  const client = LabProcess.start(cluster.run, name, inside(cluster.namespace, argv));
  clients.push(client);
  return client;
}

const welcome = (client: LabProcess) =>
  until('a welcome', () => lines(client).some(({ operatorVersion }) => operatorVersion !== ''), SLOW);

const failed = (client: LabProcess, how: RegExp) =>
  until(`${how}`, () => lines(client).some(({ lastError }) => how.test(String(lastError))), SLOW);

test('an agent’s pod enrols at every replica, for its own node', async () => {
  const { token } = await podToken('node-a');
  for (const port of PORTS) await welcome(connect('node-a', token, port));
  assert.equal((await bundle()).match(/BEGIN/gu)?.length, 1, 'two replicas made one authority');
});

test('an agent of one node is told nothing of another', async () => {
  const { token } = await podToken('node-b');
  const thief = connect('node-a', token);
  await failed(thief, /PERMISSION_DENIED: the client certificate is for node node-b, Hello names node-a/u);
  assert.ok(lines(thief).every(({ operatorVersion }) => operatorVersion === ''));
  await welcome(connect('node-b', token));
});

const refusals: { name: string; reason: RegExp; token: () => Promise<string> }[] = [
  {
    name: 'that is forged',
    reason: /^NotAuthenticated$/u,
    token: async () => {
      const [head, , sign] = (await podToken('node-a')).token.split('.');
      const { token: other } = await podToken('node-b');
      return [head, other.split('.')[1], sign].join('.');
    },
  },
  { name: 'that is no token', reason: /^Malformed$/u, token: () => Promise.resolve('let me in') },
  {
    name: 'for the API server itself',
    reason: /^WrongAudience$/u,
    token: async () =>
      (await podToken('node-a', { audiences: ['https://kubernetes.default.svc.cluster.local'] })).token,
  },
  {
    name: 'of an ordinary pod',
    reason: /^NotAnAgent$/u,
    token: async () => {
      await serviceAccount(cluster.client, 'shop', AGENT);
      return (await podToken('node-a', {}, ['shop', AGENT])).token;
    },
  },
  {
    name: 'of another account of the namespace',
    reason: /^NotAnAgent$/u,
    token: async () => (await podToken('node-a', {}, [NAMESPACE, 'namewall-operator'])).token,
  },
  {
    name: 'that is bound to no pod',
    reason: /^NotBoundToAPod$/u,
    token: () => tokenOf(cluster.client, NAMESPACE, AGENT, { audiences: [AUDIENCE] }),
  },
  {
    name: 'of a deleted pod',
    reason: /^(PodGone|NotAuthenticated)$/u,
    token: async () => {
      const { token, path } = await podToken('node-a');
      accepted(await cluster.client.delete(`${path}?gracePeriodSeconds=0`));
      await until('the pod to be gone', async () => (await cluster.client.get(path)).status === 404);
      return token;
    },
  },
];
for (const { name, reason, token } of refusals) {
  test(`a token ${name} is refused, and only the log says why`, async () => {
    const [operator] = operators;
    assert.ok(operator);
    const earlier = said(operator, 'enrolment refused').length;
    const stranger = connect('node-a', await token());
    await failed(stranger, /enrolment: UNAUTHENTICATED: not enrolled; the operator’s log says why/u);
    const told = said(operator, 'enrolment refused').slice(earlier);
    assert.ok(told.length > 0);
    for (const line of told) assert.match(String(line['reason']), reason, JSON.stringify(line));
    assert.ok(lines(stranger).every(({ operatorVersion }) => operatorVersion === ''));
    // What decides is the token.
    await welcome(connect('node-a', (await podToken('node-a')).token));
  });
}

/** namewallctl in the cluster's network, asking the first replica. */
async function nodes(token: string) {
  const file = cluster.run.file(`admin-${++count}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const flags = ['--operator', `tls:127.0.0.1:${PORTS[0]}`, '--operator-ca', cluster.run.file('operators.crt')];
  const argv = [process.execPath, join(PACKAGES, 'cli/src/main.ts'), 'nodes', ...flags, '--token', file, '-o', 'json'];
  return command(inside(cluster.namespace, argv));
}

test('an operator tells its nodes to who may get nodes.namewall.dev, and to nobody else', async () => {
  const { client } = cluster;
  await welcome(connect('node-a', (await podToken('node-a')).token));
  await serviceAccount(client, 'ops', 'curious');
  const token = await tokenOf(client, 'ops', 'curious');
  const refused = await nodes(token);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /PERMISSION_DENIED.*give a token of somebody who may get nodes\.namewall\.dev/u);
  assert.equal((await nodes((await podToken('node-a')).token)).code, 1, 'an agent’s token is for something else');
  assert.equal((await nodes('let me in')).code, 1);

  const rules = [{ apiGroups: ['namewall.dev'], resources: ['nodes'], verbs: ['get'] }];
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'viewer' }, rules };
  accepted(await client.apply('/apis/rbac.authorization.k8s.io/v1/clusterroles/viewer', 'lab', role));
  await grant(client, 'ops', 'curious', 'viewer');
  const told = await until('the role to count', async () => {
    const { code, stdout } = await nodes(token);
    return code === 0 && (JSON.parse(stdout) as { replica: string; nodes: { node: string; connected: boolean }[] });
  });
  assert.equal(told.replica, `replica-${PORTS[0]}`);
  assert.ok(told.nodes.some(({ node, connected }) => node === 'node-a' && connected));
});
