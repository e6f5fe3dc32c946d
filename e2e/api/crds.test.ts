import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Answer, KubeObject } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, conditions, definitions, installDefinitions, pathOf } from '../src/kube/crds.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
  await installDefinitions(cluster.client);
});
after(() => cluster.stop());

const KIND = 'FQDNNetworkPolicy';

function policy(name: string, spec: object): KubeObject & { metadata: { name: string } } {
  return {
    apiVersion: 'namewall.dev/v1alpha1',
    kind: KIND,
    metadata: { name },
    spec: { podSelector: {}, ...spec },
  };
}

const at = (name: string): string => `${pathOf(KIND)}/${name}`;

const toName = (matchName: string) => ({ to: [{ fqdn: { matchName } }] });

function causes({ body }: Answer): string {
  return (body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`).join('\n');
}

test('applied again they change nothing, and no schema is said not to be structural', async () => {
  for (const definition of definitions()) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    const stored = accepted(await cluster.client.get(path));
    const again = accepted(await cluster.client.apply(path, 'lab', definition));
    assert.equal(again.metadata?.resourceVersion, stored.metadata?.resourceVersion);
    const bad = conditions(again).filter(({ type }) => type === 'NonStructuralSchema' || type === 'Terminating');
    assert.deepEqual(bad, []);
  }
});

test('discovery has short names, the category and the status subresource', async () => {
  const { resources } = accepted(await cluster.client.get('/apis/namewall.dev/v1alpha1')) as unknown as {
    resources: { name: string; namespaced: boolean; shortNames?: string[]; categories?: string[] }[];
  };
  const found = resources.map(({ name, namespaced, shortNames = [], categories = [] }) => {
    return [name, namespaced, ...shortNames, ...categories].join(' ');
  });
  assert.deepEqual(found.toSorted(), [
    'clusterfqdnnetworkpolicies false cfnp namewall',
    'clusterfqdnnetworkpolicies/status false',
    'fqdnidentities false fqid namewall',
    'fqdnidentities/status false',
    'fqdnnetworkpolicies true fnp namewall',
    'fqdnnetworkpolicies/status true',
  ]);
});

test('every example is accepted', async () => {
  const root = resolve(import.meta.dirname, '../../examples');
  const files = globSync('**/*.yaml', { cwd: root });
  assert.ok(files.length >= 7);
  let sent = 0;
  for (const file of files) {
    for (const document of parseAllDocuments(readFileSync(resolve(root, file), 'utf8'))) {
      const { kind, metadata, ...rest } = document.toJS() as { kind: string; metadata: { namespace?: string } };
      if (!kind.endsWith('FQDNNetworkPolicy')) continue;
      const { namespace = 'default' } = metadata;
      await ensureNamespace(namespace);
      accepted(await cluster.client.create(pathOf(kind, namespace), { kind, metadata, ...rest }, { dry: true }));
      sent += 1;
    }
  }
  assert.ok(sent >= files.length);
});

async function ensureNamespace(name: string): Promise<void> {
  const { status } = await cluster.client.get(`/api/v1/namespaces/${name}`);
  if (status === 200) return;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  accepted(await cluster.client.create('/api/v1/namespaces', body));
}

test('defaults appear where their parent is written, and nowhere else', async () => {
  const dry = { dry: true };
  const bare = accepted(await cluster.client.create(pathOf(KIND), policy('bare', {}), dry));
  assert.deepEqual(bare.spec, { podSelector: {}, enforcementMode: 'Enforce', strictDeny: false });
  const spec = { egress: [{ ...toName('a.example'), ports: [{ port: 443 }] }], connections: {} };
  const full = accepted(await cluster.client.create(pathOf(KIND), policy('full', spec), dry));
  assert.deepEqual(full.spec?.['connections'], { cutFlows: 'Immediate' });
  assert.deepEqual(full.spec['egress'], spec.egress);
});

test('two managers of one policy: the second is told what the first owns', async () => {
  const first = policy('shared', { enforcementMode: 'Audit', egress: [toName('a.example')] });
  accepted(await cluster.client.apply(at('shared'), 'team', first));
  const generation = accepted(await cluster.client.get(at('shared'))).metadata?.generation;

  const same = accepted(await cluster.client.apply(at('shared'), 'platform', first));
  assert.equal(same.metadata?.generation, generation);

  const other = policy('shared', { enforcementMode: 'Enforce', egress: [toName('b.example')] });
  const refused = await cluster.client.apply(at('shared'), 'platform', other);
  assert.equal(refused.status, 409);
  assert.match(causes(refused), /^\.spec\.enforcementMode: conflict with "team"/mu);
  // A list of rules has one owner: two that each add theirs would end with a policy that nobody wrote.
  assert.match(causes(refused), /^\.spec\.egress: conflict with "team"/mu);

  const forced = accepted(await cluster.client.apply(at('shared'), 'platform', other, { force: true }));
  assert.deepEqual(forced.spec?.['egress'], other.spec?.['egress']);
  assert.equal((await cluster.client.apply(at('shared'), 'team', first)).status, 409);
});

function condition(type: string, status: string): object {
  return { type, status, reason: 'Tested', message: '', lastTransitionTime: '2030-01-01T00:00:00Z' };
}

test('status is apart: writing it is no new generation, and conditions have an owner each', async () => {
  const written = { ...policy('told', {}), status: { identities: 9 } };
  const made = accepted(await cluster.client.apply(at('told'), 'team', written));
  assert.equal(made.status, undefined);
  const tell = (manager: string, status: object): Promise<Answer> => {
    const { spec: _, ...bare } = policy('told', {});
    return cluster.client.apply(`${at('told')}/status`, manager, { ...bare, status });
  };
  accepted(await tell('operator', { identities: 2, conditions: [condition('Accepted', 'True')] }));
  const both = accepted(await tell('other', { conditions: [condition('Effective', 'False')] }));
  assert.equal(both.metadata?.generation, made.metadata?.generation);
  assert.deepEqual(
    conditions(both).map(({ type, status }) => `${type} ${status}`),
    ['Accepted True', 'Effective False'],
  );
  const twice = await tell('operator', { conditions: [condition('Accepted', 'True'), condition('Accepted', 'False')] });
  assert.notEqual(twice.status, 200);
  const unknown = await tell('operator', { conditions: [condition('Accepted', 'Perhaps')] });
  assert.match(causes(unknown), /status\.conditions\[0\]\.status: Unsupported value: "Perhaps"/u);
});

test('kubectl get shows mode, pods and conditions', async () => {
  accepted(await cluster.client.apply(at('columns'), 'team', policy('columns', {})));
  const { spec: _, ...bare } = policy('columns', {});
  const status = {
    pods: { selected: 3 },
    conditions: [condition('Programmed', 'True'), condition('Effective', 'False')],
  };
  accepted(await cluster.client.apply(`${at('columns')}/status`, 'operator', { ...bare, status }));
  const table = accepted(await cluster.client.table(at('columns'))) as unknown as {
    columnDefinitions: { name: string; priority: number }[];
    rows: { cells: unknown[] }[];
  };
  const shown = table.columnDefinitions.flatMap(({ name, priority }, column) => {
    return priority === 0 ? [[name, table.rows[0]?.cells[column]]] : [];
  });
  const { Age: age, ...cells } = Object.fromEntries(shown) as Record<string, unknown>;
  assert.deepEqual(cells, { Name: 'columns', Mode: 'Enforce', Pods: 3, Programmed: 'True', Effective: 'False' });
  assert.equal(typeof age, 'string');
});

test('an identity has the name of one, and never changes', async () => {
  const path = pathOf('FQDNIdentity');
  const identity = (name: string, selector: string) => ({
    apiVersion: 'namewall.dev/v1alpha1',
    kind: 'FQDNIdentity',
    metadata: { name },
    spec: { kind: 'Name', selector },
  });
  const name = 'ab'.repeat(16);
  assert.match(
    causes(await cluster.client.create(path, identity('mine', 'a.example'))),
    /leave these objects to the op/u,
  );
  accepted(await cluster.client.create(path, identity(name, 'a.example')));
  const changed = await cluster.client.patch('merge', `${path}/${name}`, { spec: { selector: 'b.example' } });
  assert.match(causes(changed), /^spec: .*an identity never changes/mu);
});
