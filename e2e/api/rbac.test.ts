import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { NAMESPACE, type Rendered, applyAll, pathOfObject, render } from '../src/kube/chart.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted } from '../src/kube/crds.ts';
import { GRANTS, type Grant, rbacPage } from '../src/kube/rbac.ts';
import { tokenOf } from '../src/kube/tokens.ts';
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
let roles: Role[];
before(async () => {
  cluster = await ControlPlane.start();
  const objects = await render();
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
