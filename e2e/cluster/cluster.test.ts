/** Two real nodes with the chart as it is shipped: what pods on both of them may reach, by name. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Cluster } from '../src/cluster/cluster.ts';
import { NODES } from '../src/cluster/plan.ts';
import { type Shop, applyPolicy, helm, installChart, probe, startShops } from '../src/cluster/shop.ts';
import { NAMESPACE } from '../src/kube/chart.ts';

let cluster: Cluster;
let shops: Shop[];
before(async () => {
  cluster = await Cluster.start();
  shops = await startShops(cluster);
});
after(() => cluster.stop());

test('two nodes are Ready, and pods on both resolve names in the cluster and outside, by UDP and TCP', async () => {
  const places = shops.map(({ node, asks }) => `${node} ${asks}`).toSorted();
  assert.deepEqual(places, ['node-a tcp', 'node-a udp', 'node-b tcp', 'node-b udp']);
  for (const shop of shops) {
    assert.equal(await probe(cluster, shop, 'api.shop.example'), 'open 200');
    assert.equal(await probe(cluster, shop, 'forbidden.example'), 'open 200', 'the control: no policy, all is open');
    assert.match(await probe(cluster, shop, 'absent.example'), /^refused (?:ENOTFOUND|EAI_AGAIN)$/u);
  }
});

test('the chart is installed by helm, and an agent is ready on each node', async () => {
  await installChart(cluster);
  const wanted = ['-o', 'jsonpath={.status.numberReady}'];
  const ready = await cluster.kubectl('-n', NAMESPACE, 'get', 'daemonset', 'namewall-agent', ...wanted);
  assert.equal(ready, String(NODES.length));
  await helm(cluster, ['test', 'namewall', '--namespace', NAMESPACE]);
});

test('allowed names, names of a wildcard and no others, from pods on both nodes, by UDP and TCP', async () => {
  await applyPolicy(cluster);
  for (const shop of shops) {
    const where = `${shop.node}, ${shop.asks}`;
    assert.equal(await probe(cluster, shop, 'api.shop.example'), 'open 200', where);
    assert.equal(await probe(cluster, shop, `${shop.asks}.cdn.example`), 'open 200', where);
    assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, where);
    assert.match(await probe(cluster, shop, '203.0.113.66'), /^refused /u, `${where}: by address`);
  }
});

test('what is stopped leaves nothing', async () => {
  const { run } = cluster;
  await cluster.stop();
  assert.ok(!existsSync(run.path));
  const left = readdirSync('/run/netns').filter((name) => name.startsWith(run.namespace('')));
  assert.deepEqual(left, []);
});
