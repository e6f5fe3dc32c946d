import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isSharedSuffix } from '@namewall/policy/tables';
import { CHART, applyAll, render, template } from '../src/kube/chart.ts';
import type { Answer } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, pathOf } from '../src/kube/crds.ts';
import { kubernetesTool } from '../src/kube/tools.ts';
import { mustRun } from '../src/lab/command.ts';
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
    'dnsServices={kube-system/kube-dns,dns/local}',
    'config.ranges.cluster={198.18.0.0/16}',
  ],
];
for (const values of SETS) {
  test(`the API server takes all of it, again and again: ${values.join(' ') || 'the defaults'}`, async () => {
    const objects = await render(values);
    await applyAll(cluster.client, objects);
    await applyAll(cluster.client, objects);
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

test('kubectl explain describes every field', async () => {
  await applyAll(cluster.client, await render());
  const explain = async (kind: string): Promise<string> => {
    const argv = [
      kubernetesTool('kubectl'),
      '--kubeconfig',
      cluster.kubeconfig,
      'explain',
      kind,
      '--recursive',
      '-o',
      'plaintext-openapiv2',
    ];
    return mustRun(inside(cluster.namespace, argv));
  };
  for (const kind of ['fnp', 'cfnp', 'fqdnidentities']) {
    const text = await explain(kind);
    assert.match(text, /FIELDS:/u);
    // Each level once more, with its descriptions.
    for (const field of ['spec', 'status']) {
      const argv = [kubernetesTool('kubectl'), '--kubeconfig', cluster.kubeconfig, 'explain', `${kind}.${field}`];
      assert.doesNotMatch(await mustRun(inside(cluster.namespace, argv)), /<no description>/u, `${kind}.${field}`);
    }
  }
});
