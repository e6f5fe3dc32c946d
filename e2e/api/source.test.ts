/** What the operator makes of the objects of an API server. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, definitions, installDefinitions, pathOf } from '../src/kube/crds.ts';
import { FollowedSource, type View, podNames } from '../src/kube/followed-source.ts';
import { applyPolicy, makePod, makeSlice, removePod } from '../src/kube/objects.ts';
import { until } from '../src/lab/until.ts';

let cluster: ControlPlane;
let source: FollowedSource;
const config = (): string => cluster.run.file('namewall.yaml');

const writeConfig = (spec: object): void => {
  const whole = { apiVersion: 'namewall.dev/v1alpha1', kind: 'NamewallConfig', metadata: { name: 'lab' }, spec };
  writeFileSync(config(), JSON.stringify(whole));
};

before(async () => {
  cluster = await ControlPlane.start();
  await installDefinitions(cluster.client);
  writeConfig({ resolvers: [{ address: '192.0.2.53' }] });
  source = FollowedSource.start(cluster, cluster.kubeconfig, config());
  await source.until('a first state', ({ handOvers }) => handOvers > 0);
});
after(() => cluster.stop());

const pod = ({ state }: View, name: string) => state?.pods.find(({ metadata }) => metadata.name === name);
const resolvers = ({ state }: View): string[] => {
  const all = state?.config.spec.resolvers ?? [];
  return all.map(({ address, port, protocols }) => `${address} ${port} ${protocols?.join()}`);
};
const egress = (matchName: string) => ({ podSelector: {}, egress: [{ to: [{ fqdn: { matchName } }] }] });

test('of a pod what policies need is kept, and no annotation', async () => {
  const uid = await makePod(cluster.client, 'whole', ['198.18.1.9', '2001:db8::9'], {
    labels: { app: 'shop' },
    annotations: { 'namewall.dev/netns': '/run/netns/of-somebody-else' },
    spec: { dnsPolicy: 'None', dnsConfig: { nameservers: ['203.0.113.53'], searches: ['corp.example'] } },
  });
  const view = await source.until('the pod', (one) => pod(one, 'whole')?.status?.podIPs?.length === 2);
  assert.deepEqual(pod(view, 'whole'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'whole', namespace: 'default', uid, labels: { app: 'shop' } },
    spec: { nodeName: 'lab', dnsPolicy: 'None', dnsConfig: { searches: ['corp.example'] } },
    status: { phase: 'Running', podIPs: [{ ip: '198.18.1.9' }, { ip: '2001:db8::9' }] },
  });
  assert.ok(!JSON.stringify(view.state?.config).includes('203.0.113.53'), 'its name servers are not trusted');
});

test('pods without an address, of the node’s DNS, finished, with another’s address: all are told as they are', async () => {
  await makePod(cluster.client, 'bare', [], { phase: 'Pending' });
  await makePod(cluster.client, 'of-node', ['198.18.1.20'], { spec: { dnsPolicy: 'Default' } });
  await makePod(cluster.client, 'host', ['192.0.2.7'], { spec: { hostNetwork: true } });
  await makePod(cluster.client, 'done', ['198.18.1.21'], { phase: 'Succeeded' });
  await makePod(cluster.client, 'heir', ['198.18.1.21']);
  const view = await source.until('the pods', (one) => pod(one, 'heir')?.status?.podIPs?.length === 1);
  assert.deepEqual(pod(view, 'bare')?.status, { phase: 'Pending', podIPs: [] });
  assert.equal(pod(view, 'of-node')?.spec?.dnsPolicy, 'Default');
  assert.equal(pod(view, 'host')?.spec?.hostNetwork, true);
  assert.equal(pod(view, 'done')?.status?.phase, 'Succeeded');
});

test('what changes in nothing that is kept is not handed over; what does not change is the same object', async () => {
  await makePod(cluster.client, 'still', ['198.18.1.30']);
  await source.until('the pod', (one) => pod(one, 'still')?.status?.podIPs?.length === 1);
  const { handOvers } = await source.view();
  const path = '/api/v1/namespaces/default/pods/still';
  accepted(await cluster.client.patch('merge', path, { metadata: { annotations: { a: 'b' } } }));
  accepted(await cluster.client.patch('merge', path, { metadata: { labels: { now: 'seen' } } }));
  const view = await source.until('the label', (one) => pod(one, 'still')?.metadata.labels?.['now'] === 'seen');
  assert.deepEqual(view.fresh, ['Pod still']);
  assert.equal(view.handOvers, handOvers + 1, 'the annotation came first and told nobody anything');
});

test('trusted resolvers: the DNS service, what is behind it, and what the file says', async () => {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: 5353 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
    { name: 'metrics', port: 9153, protocol: 'TCP' },
  ];
  const service = { metadata: { name: 'kube-dns' }, spec: { clusterIP: '198.18.96.10', ports } };
  accepted(await cluster.client.create('/api/v1/namespaces/kube-system/services', service));
  const behind = [
    { name: 'dns', port: 5353, protocol: 'UDP' },
    { name: 'dns-tcp', port: 5353, protocol: 'TCP' },
    { name: 'metrics', port: 9153, protocol: 'TCP' },
  ];
  const slice = { namespace: 'kube-system', name: 'kube-dns-1', service: 'kube-dns', ports: behind };
  await makeSlice(cluster.client, { ...slice, addresses: ['198.18.2.1', '198.18.2.2'] });
  const expected = [
    '192.0.2.53 53 TCP,UDP',
    '198.18.2.1 5353 TCP,UDP',
    '198.18.2.2 5353 TCP,UDP',
    '198.18.96.10 53 TCP,UDP',
  ];
  await source.until('the resolvers', (view) => resolvers(view).join() === expected.join());
});

test('a tenant cannot make a resolver or an API server', async () => {
  const behind = [{ name: 'dns', port: 53, protocol: 'UDP' }];
  const forged = { name: 'forged', service: 'kube-dns', addresses: ['203.0.113.66'], ports: behind };
  // The service and its slice in a namespace of the tenant's, a slice beside the API servers' in the default one.
  const service = { metadata: { name: 'kube-dns' }, spec: { clusterIP: '198.18.96.66', ports: behind } };
  accepted(await cluster.client.create('/api/v1/namespaces/default/services', service));
  await makeSlice(cluster.client, { ...forged, namespace: 'default' });
  const https = [{ name: 'https', port: 443, protocol: 'TCP' }];
  const server = { namespace: 'default', service: 'kubernetes', ports: https };
  await makeSlice(cluster.client, { ...server, name: 'forged-api', addresses: ['203.0.113.67'] });
  // Controls: the same where only administrators write.
  await makeSlice(cluster.client, { ...forged, namespace: 'kube-system', addresses: ['203.0.113.68'] });
  await makeSlice(cluster.client, { ...server, name: 'kubernetes', addresses: ['203.0.113.69'] });
  const view = await source.until('the true ones', ({ state }) => {
    const text = JSON.stringify(state?.config.spec);
    return text.includes('203.0.113.68') && text.includes('203.0.113.69');
  });
  assert.deepEqual(view.state?.config.spec.ranges?.apiServer, ['198.18.96.1/32', '203.0.113.69/32']);
  for (const address of ['203.0.113.66', '203.0.113.67', '198.18.96.66']) {
    assert.ok(!JSON.stringify(view.state.config).includes(address), address);
  }
});

test('ranges of services, pods and nodes; pods of a flat network are not taken for a range', async () => {
  const node = async (name: string, podCIDR: string, address: string): Promise<void> => {
    accepted(
      await cluster.client.create('/api/v1/nodes', { metadata: { name }, spec: { podCIDR, podCIDRs: [podCIDR] } }),
    );
    const status = {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
    };
    accepted(await cluster.client.patch('merge', `/api/v1/nodes/${name}/status`, { status }));
  };
  await node('apart', '198.18.5.0/24', '192.0.2.11');
  await node('flat', '192.0.2.0/24', '192.0.2.12');
  const view = await source.until('the nodes', ({ state }) => state?.config.spec.ranges?.nodes?.length === 2);
  assert.deepEqual(view.state?.config.spec.ranges?.nodes, ['192.0.2.11/32', '192.0.2.12/32']);
  assert.deepEqual(view.state.config.spec.ranges.cluster, ['198.18.5.0/24', '198.18.96.0/20']);
  assert.deepEqual(view.state.nodes.toSorted(), ['apart', 'flat']);
  assert.ok(view.problems.some(({ text }) => text.includes('192.0.2.0/24') && text.includes('set ranges.cluster')));
});

test('the file is read again when it changes; a bad one keeps the last good one', async () => {
  writeConfig({ resolvers: [{ address: '192.0.2.54' }] });
  await source.until('the new resolver', (view) => resolvers(view).includes('192.0.2.54 53 TCP,UDP'));
  writeConfig({ resolvers: [{ address: 'no address' }] });
  const view = await source.until('the problem', ({ problems }) => {
    return problems.some(({ text }) => text.includes('spec.resolvers[0].address'));
  });
  assert.ok(resolvers(view).includes('192.0.2.54 53 TCP,UDP'));
  writeConfig({ resolvers: [{ address: '192.0.2.55' }] });
  await source.until('another', (one) => resolvers(one).includes('192.0.2.55 53 TCP,UDP'));
});

test('a ConfigMap is followed in place of the file; without it, or with a bad one, the last good one stays', async () => {
  const path = '/api/v1/namespaces/default/configmaps/switch';
  const write = async (spec: string): Promise<void> => {
    const text = `apiVersion: namewall.dev/v1alpha1\nkind: NamewallConfig\nmetadata: {name: lab}\nspec: ${spec}\n`;
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'switch' }, data: { 'config.yaml': text } };
    accepted(await cluster.client.apply(path, 'lab', body));
  };
  const follower = FollowedSource.start(cluster, cluster.kubeconfig, 'configmap:default/switch');
  const told = (what: string, nodeSwitch: string | undefined, problem?: RegExp): Promise<View> =>
    follower.until(what, ({ state, problems }) => {
      const own = problems.filter(({ text }) => text.includes('ConfigMap default/switch'));
      const expected = problem === undefined ? own.length === 0 : own.some(({ text }) => problem.test(text));
      return expected && state !== undefined && state.config.spec.nodeSwitch === nodeSwitch;
    });
  await told('that there is none', undefined, /^ConfigMap default\/switch, config\.yaml: is not there; /u);
  await write('{nodeSwitch: Audit}');
  await told('the switch', 'Audit');
  await write('{nodeSwitch: Maybe}');
  await told('the problem', 'Audit', /spec\.nodeSwitch/u);
  accepted(await cluster.client.delete(path));
  await told('that it is gone', 'Audit', /is not there/u);
  await write('{nodeSwitch: Off}');
  await told('the switch again', 'Off');
  assert.deepEqual(await follower.end(), { code: 0, signal: null });
});

test('a policy that was stored under a laxer schema is refused by its field; its last good version stays', async () => {
  const ours = definitions().find(({ metadata }) => metadata.name.startsWith('fqdnnetworkpolicies.'));
  assert.ok(ours);
  const { versions } = ours.spec as { readonly versions: readonly object[] };
  await applyPolicy(cluster.client, 'kept', egress('good.example'));
  await source.until('the policy', ({ state }) => state?.policies.length === 1);
  const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${ours.metadata.name}`;
  const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  const loosened = { ...ours.spec, versions: [{ ...versions[0], schema }] };
  accepted(await cluster.client.apply(definition, 'lab', { ...ours, spec: loosened }, { force: true }));
  const bad = egress('not a name');
  await until('the laxer schema to count', async () => {
    await applyPolicy(cluster.client, 'kept', bad);
    return true;
  });
  await applyPolicy(cluster.client, 'never-good', bad);
  accepted(await cluster.client.apply(definition, 'lab', ours, { force: true }));
  const view = await source.until('both problems', ({ problems }) => {
    return problems.filter(({ text: why }) => why.includes('spec.egress[0].to[0].fqdn.matchName')).length === 2;
  });
  const about = (name: string) => view.problems.find(({ origin }) => origin === `FQDNNetworkPolicy default/${name}`);
  assert.deepEqual([about('kept')?.earlierInForce, about('never-good')?.earlierInForce], [true, false]);
  assert.deepEqual(
    view.state?.policies.map(({ metadata, spec: { egress: rules } }) => [metadata.name, rules]),
    [['kept', egress('good.example').egress]],
  );
  // Another policy of the name is another policy.
  accepted(await cluster.client.delete(`${pathOf('FQDNNetworkPolicy')}/kept`));
  await source.until('it to be gone', ({ state }) => state?.policies.length === 0);
});

test('many pods come in pages, and go', async () => {
  const names = Array.from({ length: 1100 }, (_, index) => `many-${String(index).padStart(4, '0')}`);
  for (let from = 0; from < names.length; from += 8) {
    await Promise.all(names.slice(from, from + 8).map((name) => makePod(cluster.client, name, [])));
  }
  const later = FollowedSource.start(cluster, cluster.kubeconfig);
  const view = await later.until('a first state', ({ handOvers }) => handOvers > 0);
  assert.equal(podNames(view).filter((name) => name.startsWith('many-')).length, names.length);
  await removePod(cluster.client, 'many-0000');
  await later.until('one to be gone', (one) => !podNames(one).includes('many-0000'));
  assert.deepEqual(await later.end(), { code: 0, signal: null });
});
