/** What `make kind` would do, as far as there is no Docker: its steps, and its files on a real API server. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { validate } from '@namewall/policy';
import { CHART, applyAll, render } from '../src/kube/chart.ts';
import type { KubeObject } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { served } from '../src/kube/crds.ts';
import { kubernetesTool } from '../src/kube/tools.ts';
import { mustRun } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const file = (name: string): string => readFileSync(path.join(REPOSITORY, name), 'utf8');

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
});
after(() => cluster.stop());

const demo = (): KubeObject[] => parseAllDocuments(file('kind/demo.yaml')).map((one) => one.toJS() as KubeObject);

test('its steps name files that there are, images that are made, values that the chart has', async () => {
  const steps = (await mustRun([path.join(REPOSITORY, 'scripts/kind.sh'), '--dry-run'])).split('\n');
  const commands = steps.filter((line) => line.startsWith('+ ')).map((line) => line.slice(2).split(' ', 2).join(' '));
  assert.deepEqual(commands.slice(0, 5), ['kind create', 'kind load', 'kind load', 'helm upgrade', 'helm test']);
  const text = steps.join('\n');
  for (const name of ['kind/cluster.yaml', 'kind/demo.yaml', 'charts/namewall']) {
    assert.ok(text.includes(name) && existsSync(path.join(REPOSITORY, name)), name);
  }
  const { appVersion } = parse(readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8')) as { appVersion: string };
  assert.ok(JSON.stringify(demo()).includes(`"namewall-operator:${appVersion}"`));
  await render([...text.matchAll(/--set (\S+)/gu)].map(([, value]) => String(value)));
});

test('its page and that of the chart name kubectl and Helm as they are tested', async () => {
  const client = await mustRun([kubernetesTool('kubectl'), 'version', '--client', '--output=json']);
  const { gitVersion } = (JSON.parse(client) as { clientVersion: { gitVersion: string } }).clientVersion;
  const helm = (await mustRun([kubernetesTool('helm'), 'version', '--template={{.Version}}'])).trim();
  for (const page of ['docs/kind.md', 'docs/install.md']) {
    for (const version of [`kubectl ${gitVersion.slice(1)}`, `Helm ${helm.slice(1)}`]) {
      assert.ok(file(page).includes(version), `${page} does not say ${version}`);
    }
  }
});

test('a real API server takes the demo and the examples, and the demo’s policy means something', async () => {
  await applyAll(cluster.client, await render());
  await served(cluster.client);
  const kubectl = inside(cluster.namespace, [kubernetesTool('kubectl'), '--kubeconfig', cluster.kubeconfig]);
  await mustRun([...kubectl, 'apply', '--filename', path.join(REPOSITORY, 'kind/demo.yaml')]);
  await mustRun([...kubectl, 'apply', '--filename', path.join(REPOSITORY, 'examples')]);
  const policies = demo().filter(({ kind }) => kind === 'FQDNNetworkPolicy');
  assert.equal(policies.length, 1);
  for (const value of policies) assert.deepEqual(validate(value), { ok: true, value, warnings: [] });
});
