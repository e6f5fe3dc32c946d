/** The chart's life on a real API server, by helm; the tests stand in for the controllers and the kubelet. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { writeKubeconfig } from '../src/kube/certificates.ts';
import { CHART, NAMESPACE } from '../src/kube/chart.ts';
import type { KubeObject } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, pathOf, served } from '../src/kube/crds.ts';
import { tokenOf } from '../src/kube/tokens.ts';
import { kubernetesTool } from '../src/kube/tools.ts';
import { type Outcome, command } from '../src/lab/command.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

const OPERATOR = resolve(import.meta.dirname, '../../packages/operator/src/main.ts');
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/fqdnnetworkpolicies.namewall.dev';
const CLEAN_UP = 'namewall-clean-up';
const DAEMON_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/${CLEAN_UP}`;
const JOB = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/${CLEAN_UP}`;

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
});
after(() => cluster.stop());

function helm(...args: string[]): Promise<Outcome> {
  const flags = ['--kubeconfig', cluster.kubeconfig, '--namespace', NAMESPACE];
  return command(inside(cluster.namespace, [kubernetesTool('helm'), ...args, ...flags]), { deadline: 120_000 });
}

async function mustHelm(...args: string[]): Promise<void> {
  const { code, stderr } = await helm(...args);
  assert.equal(code, 0, stderr);
}

/** A chart whose definition of policies has one field less. */
function older(): string {
  const copy = cluster.run.file('older');
  cpSync(CHART, copy, { recursive: true });
  const file = join(copy, 'files/crds/fqdnnetworkpolicies.namewall.dev.yaml');
  const lines = readFileSync(file, 'utf8').split('\n');
  const from = lines.findIndex((line) => line.trim() === 'cutFlows:');
  const depth = (line: string): number => line.search(/\S/u);
  const length = lines.slice(from + 1).findIndex((line) => depth(line) <= depth(lines[from] ?? ''));
  writeFileSync(file, lines.toSpliced(from, length + 1).join('\n'));
  return copy;
}

const definition = async (): Promise<string> => JSON.stringify(accepted(await cluster.client.get(DEFINITION)));

test('an upgrade takes the definitions with it, a rollback leaves the objects', async () => {
  await mustHelm('install', 'namewall', older(), '--create-namespace');
  assert.doesNotMatch(await definition(), /cutFlows/u);
  await served(cluster.client);
  const policy = {
    apiVersion: 'namewall.dev/v1alpha1',
    kind: 'FQDNNetworkPolicy',
    metadata: { name: 'kept' },
    spec: { podSelector: {} },
  };
  accepted(await cluster.client.create(pathOf('FQDNNetworkPolicy'), policy));
  await mustHelm('upgrade', 'namewall', CHART);
  assert.match(await definition(), /cutFlows/u);
  await mustHelm('rollback', 'namewall', '1');
  accepted(await cluster.client.get(`${pathOf('FQDNNetworkPolicy')}/kept`));
  await mustHelm('upgrade', 'namewall', CHART);
});

/** What of the chart is still there. */
async function left(): Promise<string[]> {
  const kinds = ['deployments', 'daemonsets'].map((kind) => `/apis/apps/v1/${kind}`);
  kinds.push('/apis/batch/v1/jobs', '/apis/policy/v1/poddisruptionbudgets');
  kinds.push(...['pods', 'services', 'serviceaccounts', 'configmaps', 'secrets'].map((kind) => `/api/v1/${kind}`));
  const rbac = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'];
  kinds.push(...rbac.map((kind) => `/apis/rbac.authorization.k8s.io/v1/${kind}`));
  kinds.push('/apis/networking.k8s.io/v1/networkpolicies');
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const { items = [] } = accepted(await cluster.client.get(kind));
      return items.map(({ metadata }) => `${kind}/${metadata?.name ?? ''}`).filter((name) => name.includes('namewall'));
    }),
  );
  return found.flat();
}

const setStatus = async (path: string, status: object): Promise<KubeObject> =>
  accepted(await cluster.client.patch('merge', `${path}/status`, { status }));

const nodes = { observedGeneration: 1, desiredNumberScheduled: 2, currentNumberScheduled: 2, numberMisscheduled: 0 };

/** What the Job's pod does: its own command, by its own account. */
async function startJob(): Promise<LabProcess> {
  const job = accepted(await cluster.client.get(JOB)) as unknown as { spec: { template: { spec: PodSpec } } };
  const { serviceAccountName, containers } = job.spec.template.spec;
  const [program, ...args] = containers[0]?.command ?? [];
  assert.equal(program, 'namewall-operator');
  const kubeconfig = cluster.run.file('clean-up.kubeconfig');
  const token = await tokenOf(cluster.client, NAMESPACE, serviceAccountName);
  writeKubeconfig(kubeconfig, cluster.address, cluster.certificates.ca, { token });
  const argv = [process.execPath, OPERATOR, ...args, '--kubeconfig', kubeconfig];
  return LabProcess.start(cluster.run, 'await-clean', inside(cluster.namespace, argv));
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly { readonly command: readonly string[] }[];
}

/** What the Job's controller writes at its end. */
async function completeJob(): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+/u, '');
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: now, lastTransitionTime: now });
  const conditions = [condition('SuccessCriteriaMet'), condition('Complete')];
  await setStatus(JOB, { startTime: now, completionTime: now, succeeded: 1, conditions });
}

test('after an uninstall every node is cleaned, then nothing is left but policies', async () => {
  assert.ok((await left()).length > 8);
  const uninstalled = helm('uninstall', 'namewall');
  await until('the clean-up on every node', async () => (await cluster.client.get(DAEMON_SET)).status === 200);
  await until('the wait for it', async () => (await cluster.client.get(JOB)).status === 200);
  assert.deepEqual(
    (await left()).filter((name) => name.endsWith('namewall-agent')),
    [],
  );
  const waiting = await startJob();
  const says = (text: string) => until(text, () => readFileSync(waiting.log, 'utf8').includes(text));
  await says('no node is known yet');
  await setStatus(DAEMON_SET, { ...nodes, numberReady: 1 });
  await says('1 of 2 nodes are clean');
  assert.equal(waiting.exit, undefined);
  await setStatus(DAEMON_SET, { ...nodes, numberReady: 2 });
  assert.equal((await waiting.exited).code, 0, readFileSync(waiting.log, 'utf8'));
  await completeJob();
  const { code, stderr } = await uninstalled;
  assert.equal(code, 0, stderr);
  assert.deepEqual(await left(), []);
  accepted(await cluster.client.get(`${pathOf('FQDNNetworkPolicy')}/kept`));
});

test('it can be installed again over what was kept', async () => {
  await mustHelm('install', 'namewall', CHART);
  accepted(await cluster.client.get(`${pathOf('FQDNNetworkPolicy')}/kept`));
});
