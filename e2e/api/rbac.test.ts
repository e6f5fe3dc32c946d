import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { NAMESPACE, type Rendered, applyAll, pathOfObject, render } from '../src/kube/chart.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { GRANTS, type Grant, canI, rbacPage } from '../src/kube/rbac.ts';
import { tokenOf } from '../src/kube/tokens.ts';
import { kubernetesTool } from '../src/kube/tools.ts';
import { command } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { until } from '../src/lab/until.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

type Role = Rendered & { readonly rules: readonly Rule[] };

let cluster: ControlPlane;
let operator: KubeClient;
let agent: KubeClient;
let objects: Rendered[];
let roles: Role[];
before(async () => {
  cluster = await ControlPlane.start();
  objects = await render();
  await applyAll(cluster.client, objects);
  roles = objects.filter((one): one is Role => isOperators(one));
  operator = cluster.clientWith(await tokenOf(cluster.client, NAMESPACE, 'namewall-operator'));
  agent = cluster.clientWith(await tokenOf(cluster.client, NAMESPACE, 'namewall-agent'));
  for (const kind of ['clusterfqdnnetworkpolicies', 'namespaces/default/fqdnnetworkpolicies']) {
    const made = kind.startsWith('cluster') ? 'ClusterFQDNNetworkPolicy' : 'FQDNNetworkPolicy';
    const body = {
      apiVersion: 'namewall.dev/v1alpha1',
      kind: made,
      metadata: { name: 'p' },
      spec: { podSelector: {} },
    };
    accepted(await cluster.client.create(`/apis/namewall.dev/v1alpha1/${kind}`, body));
  }
});
after(async () => {
  operator.close();
  agent.close();
  await cluster.stop();
});

function isOperators({ kind, metadata }: Rendered): boolean {
  return (kind === 'ClusterRole' || kind === 'Role') && metadata.name.startsWith('namewall-operator');
}

const textOf = ({ role, group, resource, verb, names = [] }: Grant): string => {
  return [role.kind, role.namespace ?? '', role.name, group, resource, verb, ...names].join(' ');
};

test('what the chart grants is what the table has, and nothing beyond', () => {
  const granted = roles.flatMap(({ kind, metadata, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => {
            return [kind, metadata.namespace ?? '', metadata.name, group, resource, verb, ...resourceNames].join(' ');
          }),
        ),
      ),
    ),
  );
  assert.deepEqual(granted.toSorted(), GRANTS.map(textOf).toSorted());
});

/** 404, 409 and 422 come after it was allowed. */
async function isAllowed(client: KubeClient, { call: [method, path, body, contentType] }: Grant): Promise<boolean> {
  const { status } = await client.call(method, path, body, contentType);
  assert.ok(status < 500 && status !== 401, `${method} ${path} answered ${status}`);
  return status !== 403;
}

/** The role without one verb. */
function without(role: Role, { group, resource, verb, names = [] }: Grant): Role {
  const rules = role.rules.flatMap((rule) => {
    const same = rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb);
    if (!same || (rule.resourceNames ?? []).join() !== names.join()) return [rule];
    const left = rule.verbs.filter((one) => one !== verb);
    return left.length === 0 ? [] : [{ ...rule, verbs: left }];
  });
  return { ...role, rules };
}

for (const grant of GRANTS) {
  test(`needed: ${textOf(grant)}`, async () => {
    const role = roles.find(({ kind, metadata }) => {
      return (
        kind === grant.role.kind && metadata.name === grant.role.name && metadata.namespace === grant.role.namespace
      );
    });
    assert.ok(role);
    const set = async (to: Role) => accepted(await cluster.client.apply(pathOfObject(to), 'helm', to, { force: true }));
    await until('the operation to be allowed', () => isAllowed(operator, grant));
    await set(without(role, grant));
    await until('the operation to be refused', async () => !(await isAllowed(operator, grant)));
    await set(role);
  });
}

interface Binding extends Rendered {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string }[];
}

test('the operator has these roles and no others, agents have none', () => {
  const bindings = objects.filter((one): one is Binding => one.kind.endsWith('RoleBinding'));
  const bound = (account: string): string[] =>
    bindings
      .filter(({ subjects }) => subjects.some(({ name }) => name === account))
      .map(({ roleRef, metadata }) => `${roleRef.kind} ${metadata.namespace ?? ''} ${roleRef.name}`);
  assert.deepEqual(
    bound('namewall-operator').toSorted(),
    roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`).toSorted(),
  );
  assert.deepEqual(bound('namewall-agent'), []);
  assert.equal(bindings.flatMap(({ subjects }) => subjects).filter(({ kind }) => kind !== 'ServiceAccount').length, 0);
});

/** What kubectl auth can-i answers a service account of the chart's. */
async function answer(account: string, question: readonly string[]): Promise<string> {
  const who = ['--as', `system:serviceaccount:${NAMESPACE}:${account}`];
  const argv = [kubernetesTool('kubectl'), '--kubeconfig', cluster.kubeconfig, 'auth', 'can-i', ...question, ...who];
  return (await command(inside(cluster.namespace, argv))).stdout.trim();
}

test('kubectl auth can-i says yes to each line of docs/rbac.md, and to agents no', async () => {
  for (const one of GRANTS) {
    assert.equal(await answer('namewall-operator', canI(one)), 'yes', canI(one).join(' '));
    assert.equal(await answer('namewall-agent', canI(one)), 'no', canI(one).join(' '));
  }
});

const NEVER = [
  ['list', 'secrets', '--all-namespaces'],
  ['get', 'secrets', '-n', NAMESPACE],
  ['list', 'secrets', '-n', NAMESPACE],
  ['get', 'secrets', '-n', 'kube-system'],
  ['get', 'configmaps/namewall-config', '-n', NAMESPACE],
  ['create', 'pods', '--subresource=exec', '--all-namespaces'],
  ['create', 'pods', '-n', NAMESPACE],
  ['delete', 'pods', '--all-namespaces'],
  ['patch', 'nodes'],
  ['update', 'fqdnnetworkpolicies.namewall.dev', '--all-namespaces'],
  ['delete', 'fqdnnetworkpolicies.namewall.dev', '--all-namespaces'],
  ['create', 'serviceaccounts', '--subresource=token', '-n', NAMESPACE],
  ['impersonate', 'users'],
  ['*', '*', '--all-namespaces'],
];
for (const question of NEVER) {
  test(`never: ${question.join(' ')}`, async () => {
    assert.equal(await answer('namewall-operator', question), 'no');
  });
}

test('an agent’s account may do nothing of it', async () => {
  for (const grant of GRANTS) assert.equal(await isAllowed(agent, grant), false, textOf(grant));
});

test('docs/rbac.md says so', () => {
  const path = resolve(import.meta.dirname, '../../docs/rbac.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, rbacPage(GRANTS));
  assert.equal(
    readFileSync(path, 'utf8'),
    rbacPage(GRANTS),
    'mend it with: UPDATE_DOCS=1 node --test e2e/api/rbac.test.ts',
  );
});
