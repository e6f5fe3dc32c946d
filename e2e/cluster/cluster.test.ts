/** Two real nodes with the chart as it is shipped: what pods on both of them may reach, by name. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Cluster } from '../src/cluster/cluster.ts';
import { installChart, testChart, upgradeChart } from '../src/cluster/install.ts';
import { addLink, removeLink } from '../src/cluster/links.ts';
import { NODES, NODE_LOCAL_DNS } from '../src/cluster/plan.ts';
import { type Shop, applyPolicy, policyIs, probe, saidOf, shopsOf, startShops } from '../src/cluster/shop.ts';
import { NAMESPACE } from '../src/kube/chart.ts';
import { until } from '../src/lab/until.ts';

let cluster: Cluster;
let shops: Shop[];
before(async () => {
  cluster = await Cluster.start();
  shops = await startShops(cluster);
});
after(() => cluster.stop());

/** Both nodes, by both plugins: routed cables and a bridge. */
async function fromEverywhere(each: (shop: Shop, where: string) => Promise<void>): Promise<void> {
  for (const shop of shops) await each(shop, `${shop.node}, ${shop.asks}`);
}

const apply = (file: string): Promise<string> =>
  cluster.kubectl('apply', '--filename', new URL(`../src/cluster/${file}`, import.meta.url).pathname);
const remove = (...what: string[]): Promise<string> => cluster.kubectl('-n', 'demo', 'delete', ...what);

test('two nodes are Ready, and pods on both resolve names in the cluster and outside, by UDP and TCP', async () => {
  const places = shops.map(({ node, asks }) => `${node} ${asks}`).toSorted();
  assert.deepEqual(places, ['node-a tcp', 'node-a udp', 'node-b tcp', 'node-b udp']);
  await fromEverywhere(async (shop) => {
    assert.equal(await probe(cluster, shop, 'api.shop.example'), 'open 200');
    assert.equal(await probe(cluster, shop, 'forbidden.example'), 'open 200', 'the control: no policy, all is open');
    assert.match(await probe(cluster, shop, 'absent.example'), /^refused (?:ENOTFOUND|EAI_AGAIN)$/u);
  });
});

test('the chart is installed by helm, and an agent is ready on each node', async () => {
  await installChart(cluster);
  const wanted = ['-o', 'jsonpath={.status.numberReady}'];
  const ready = await cluster.kubectl('-n', NAMESPACE, 'get', 'daemonset', 'namewall-agent', ...wanted);
  assert.equal(ready, String(NODES.length));
  await testChart(cluster);
  await fromEverywhere(async (shop, where) => {
    assert.equal(await probe(cluster, shop, 'forbidden.example'), 'open 200', `${where}: no policy, no change`);
  });
});

test('allowed names, names of a wildcard and no others, from pods on both nodes, by UDP and TCP', async () => {
  await applyPolicy(cluster);
  await fromEverywhere(async (shop, where) => {
    assert.equal(await probe(cluster, shop, 'api.shop.example'), 'open 200', where);
    assert.equal(await probe(cluster, shop, `${shop.asks}.cdn.example`), 'open 200', where);
    assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, where);
    assert.match(await probe(cluster, shop, '203.0.113.66'), /^refused /u, `${where}: by address`);
  });
});

test('what is in the cluster needs no rule: a Service, and the pods of a headless one', async () => {
  await apply('web.yaml');
  await cluster.kubectl('-n', 'demo', 'rollout', 'status', 'daemonset/web', '--timeout=120s');
  await fromEverywhere(async (shop, where) => {
    // kube-proxy takes a second to know who is behind it.
    const open = async (): Promise<boolean> => (await probe(cluster, shop, 'web')) === 'open 200';
    await until(`${where}: the Service by its short name`, open);
    assert.equal(await probe(cluster, shop, 'web.demo.svc.cluster.local'), 'open 200', where);
    assert.equal(await probe(cluster, shop, 'web-pods.demo.svc.cluster.local:8080'), 'open 200', where);
  });
});

test('node-local DNS teaches names once the configuration trusts it, and not before', async () => {
  await apply('node-local-dns.yaml');
  await cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/node-local-dns', '--timeout=120s');
  const local = await shopsOf(cluster, 'local');
  assert.equal(local.length, NODES.length);
  await policyIs(cluster, 'Programmed', 'True');
  for (const shop of local) {
    assert.match(await probe(cluster, shop, 'api.shop.example'), /^refused /u, `the control, ${shop.node}`);
  }
  await upgradeChart(cluster, [`config.resolvers[0].address=${NODE_LOCAL_DNS}`]);
  for (const shop of local) {
    const open = async (): Promise<boolean> => (await probe(cluster, shop, 'api.shop.example')) === 'open 200';
    await until(`${shop.node} to trust it`, open, { deadline: 60_000 });
    assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, shop.node);
  }
  await remove('daemonset/shop-local', '--wait');
});

test('a NetworkPolicy that denies what the policy allows is named in its status', async () => {
  await policyIs(cluster, 'Effective', 'True');
  await apply('shadow.yaml');
  await policyIs(cluster, 'Effective', 'False');
  assert.match(await saidOf(cluster, 'Effective'), /^ShadowedByNetworkPolicy NetworkPolicy demo\/only-pods denies /u);
  await remove('networkpolicy/only-pods');
  await policyIs(cluster, 'Effective', 'True');
});

test('a second interface of a pod is not policed, and the status says so while it is there', async () => {
  const [shop] = shops;
  assert.ok(shop);
  await addLink(cluster, shop, 'net1');
  await policyIs(cluster, 'Effective', 'False');
  assert.match(await saidOf(cluster, 'Effective'), /^UnsupportedInterface .*net1 \(macvlan\)/u);
  assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, 'its cable is policed as before');
  await removeLink(cluster, shop, 'net1');
  await policyIs(cluster, 'Effective', 'True');
});

test('a pod with its node’s network is held to nothing, and the status says so', async () => {
  await apply('host-network.yaml');
  await cluster.kubectl('-n', 'demo', 'wait', 'pod/shop-host', '--for=condition=Ready', '--timeout=60s');
  await policyIs(cluster, 'Effective', 'False');
  assert.match(await saidOf(cluster, 'Effective'), /^HostNetwork 1 pods /u);
  assert.equal(await probe(cluster, { name: 'shop-host' }, 'forbidden.example'), 'open 200');
  await remove('pod/shop-host');
  await policyIs(cluster, 'Effective', 'True');
});

test('what is stopped leaves nothing', async () => {
  const { run } = cluster;
  await cluster.stop();
  assert.ok(!existsSync(run.path));
  const left = readdirSync('/run/netns').filter((name) => name.startsWith(run.namespace('')));
  assert.deepEqual(left, []);
});
