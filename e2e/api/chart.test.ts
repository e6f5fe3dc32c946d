import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { validate } from '@namewall/policy';
import { isSharedSuffix } from '@namewall/policy/tables';
import { CHART, applyAll, render, template } from '../src/kube/chart.ts';
import type { Answer } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, definitions, pathOf, served } from '../src/kube/crds.ts';
import { kubernetesTool } from '../src/kube/tools.ts';
import { type Outcome, command, mustRun } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
});
after(() => cluster.stop());

test('helm finds nothing to complain about', async () => {
  assert.match(
    await mustRun([kubernetesTool('helm'), 'lint', '--strict', CHART]),
    /1 chart\(s\) linted, 0 chart\(s\) failed/u,
  );
});

const SETS: readonly (readonly string[])[] = [
  [],
  ['sharedSuffixes.deny=true', 'agent.cni.enabled=true', 'telemetry.otlpEndpoint=http://collector:4318'],
  ['identities=0', 'certificates.existingSecret=corp-ca', 'metrics.port=0', 'networkPolicy.enabled=false'],
  [
    'podDisruptionBudget.enabled=false',
    'agent.cni.takeOut=true',
    'dnsServices={kube-system/kube-dns,dns/local}',
    'config.ranges.cluster={198.18.0.0/16}',
  ],
];
for (const values of SETS) {
  test(`the API server takes all of it, again and again: ${values.join(' ') || 'the defaults'}`, async () => {
    const objects = await render(values);
    await applyAll(cluster.client, objects);
    await applyAll(cluster.client, objects);
    const config = objects.find(({ metadata }) => metadata.name === 'namewall-config');
    const data = config?.['data'] as { 'config.yaml': string } | undefined;
    const value = parse(data?.['config.yaml'] ?? '') as unknown;
    assert.deepEqual(validate(value), { ok: true, value, warnings: [] });
  });
}

const REFUSED: readonly (readonly [value: string, says: RegExp])[] = [
  ['agent.sizes.flow=1', /agent\/sizes'.*additional properties 'flow' not allowed/su],
  ['agent.hook=xdp', /agent\/hook'.*must be one of/su],
  ['operator.replicas=0', /operator\/replicas'.*minimum/su],
  ['config.unknownPods=Maybe', /config\/unknownPods'.*must be one of/su],
  ['dnsServices={kube-dns}', /dnsServices\/0'.*does not match pattern/su],
  ['identites=1', /additional properties 'identites' not allowed/su],
];
for (const [value, says] of REFUSED) {
  test(`a wrong value is refused with its place: ${value}`, async () => {
    const { code, stderr } = await template([value]);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  });
}

test('docs/install.md sets values that there are', async () => {
  const page = readFileSync(join(CHART, '../../docs/install.md'), 'utf8');
  const set = [...page.matchAll(/--set (\S+)/gu)].map(([, value]) => String(value));
  assert.ok(set.length > 2);
  await render(set);
  const { stdout } = await command([kubernetesTool('helm'), 'show', 'values', CHART]);
  const values = parse(stdout) as object;
  const rows = [...page.matchAll(/^\| (`.*?) \|/gmu)].flatMap(([, cell]) => [...String(cell).matchAll(/`([^`]+)`/gu)]);
  const unset = new Set(['config.ranges.cluster', 'config.resolvers']);
  for (const [, name] of rows) {
    const found = String(name)
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], values);
    assert.ok(found !== undefined || unset.has(String(name)), String(name));
  }
});

test('the agent’s memory follows the sizes of its maps', async () => {
  const memory = async (values: readonly string[]): Promise<number> => {
    const objects = (await render(values)) as unknown as { kind: string; spec: { template: { spec: PodSpec } } }[];
    const agent = objects.find(({ kind }) => kind === 'DaemonSet');
    return Number(agent?.spec.template.spec.containers[0]?.resources.limits.memory.replace('Mi', ''));
  };
  const usual = await memory([]);
  assert.ok(usual > 300 && usual < 500, String(usual));
  // 131,072 more flows of 76 octets and the kernel's 64.
  assert.equal((await memory(['agent.sizes.flows=262144'])) - usual, 18);
});

interface PodSpec {
  readonly containers: readonly { readonly resources: { readonly limits: { readonly memory: string } } }[];
}

const PATTERNS = [
  '*.amazonaws.com',
  '*.s3.eu-west-1.amazonaws.com',
  '*.mine.s3.eu-west-1.amazonaws.com',
  'x*.github.io.',
  '*.GitHub.IO',
  '**.com',
  '*',
  'api*',
  '*.corp.example',
  'storage.googleapis.com',
  '*-api.corp.example',
];

/** The end of a pattern as the warning has it. */
function isShared(pattern: string): boolean {
  if (!pattern.includes('*')) return false;
  const text = pattern.toLowerCase().replace(/\.$/u, '');
  return isSharedSuffix(text.slice(text.lastIndexOf('*') + 1).replace(/^[^.]*\./u, ''));
}

const create = (namespace: string, matchPattern: string, field = 'egress'): Promise<Answer> => {
  const spec = { podSelector: {}, [field]: [{ to: [{ fqdn: { matchPattern } }] }] };
  const body = { apiVersion: 'namewall.dev/v1alpha1', kind: 'FQDNNetworkPolicy', metadata: { name: 'shared' }, spec };
  return cluster.client.create(pathOf('FQDNNetworkPolicy', namespace), body, { dry: true });
};

/** Takes away what an earlier test may have left. */
async function withdraw(): Promise<void> {
  for (const kind of ['validatingadmissionpolicybindings', 'validatingadmissionpolicies']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}/namewall-shared-suffixes`;
    const { status } = await cluster.client.call('DELETE', path);
    assert.ok(status === 200 || status === 404);
  }
}

test('tenants are kept from names that anybody can get, where that is asked for', async () => {
  await applyAll(cluster.client, await render());
  for (const labels of [{}, { 'namewall.dev/shared-suffixes': 'allow' }]) {
    const name = Object.keys(labels).length === 0 ? 'tenant' : 'trusted';
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    accepted(await cluster.client.apply(`/api/v1/namespaces/${name}`, 'lab', body));
  }
  await withdraw();
  await until(
    'the control: without it they may',
    async () => (await create('tenant', '*.amazonaws.com')).status === 201,
  );
  const asked = await render(['sharedSuffixes.deny=true']);
  await applyAll(cluster.client, asked);
  const refusal = await until('the admission policy to be in force', async () => {
    const answer = await create('tenant', '*.amazonaws.com');
    return answer.status === 422 && answer;
  });
  assert.match(
    String(refusal.body.message),
    /write the names in use, .*label the namespace namewall\.dev\/shared-suffixes=allow/u,
  );
  const judged = await Promise.all(
    PATTERNS.map(async (pattern) => [pattern, (await create('tenant', pattern)).status === 422]),
  );
  assert.deepEqual(
    judged,
    PATTERNS.map((pattern) => [pattern, isShared(pattern)]),
  );
  assert.equal((await create('trusted', '*.amazonaws.com')).status, 201);
  assert.equal((await create('tenant', '*.amazonaws.com', 'egressDeny')).status, 201);
  await withdraw();
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

/** Every field that has fields, as kubectl explain is asked for it. */
function* levels(path: string, schema: Schema): Generator<string> {
  const { properties, items, additionalProperties } = schema;
  if (properties) yield path;
  for (const [name, below] of Object.entries(properties ?? {})) {
    // That of Kubernetes itself.
    if (name !== 'metadata') yield* levels(`${path}.${name}`, below);
  }
  for (const below of [items, additionalProperties]) if (below) yield* levels(path, below);
}

const kubectl = (...args: string[]): Promise<Outcome> =>
  command(inside(cluster.namespace, [kubernetesTool('kubectl'), '--kubeconfig', cluster.kubeconfig, ...args]));

test('kubectl explain describes every field', async () => {
  await applyAll(cluster.client, await render());
  await served(cluster.client);
  for (const { spec } of definitions()) {
    const { names, versions } = spec as unknown as {
      names: { singular: string };
      versions: { schema: { openAPIV3Schema: Schema } }[];
    };
    for (const path of levels(names.singular, versions[0]?.schema.openAPIV3Schema ?? {})) {
      const { code, stdout, stderr } = await kubectl('explain', path);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^FIELDS:/mu, path);
      assert.doesNotMatch(stdout, /<no description>/u, path);
    }
  }
  // The control: what has no description is told so.
  const plain = { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } };
  const bare = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'bares.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { kind: 'Bare', plural: 'bares', singular: 'bare', listKind: 'BareList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: plain } }],
    },
  };
  accepted(await cluster.client.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', bare));
  const seen = await until('the bare kind to be explained', async () => {
    const { stdout } = await kubectl('explain', 'bare.spec');
    return stdout.includes('FIELDS:') && stdout;
  });
  assert.match(seen, /<no description>/u);
});
