/** Two real nodes: what holds while agents are away, and from a pod's first packet on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster } from '../src/cluster/cluster.ts';
import { Dialling, dialAtOnce } from '../src/cluster/first.ts';
import {
  installChart,
  leftOn,
  letAgentRunOn,
  letAgentsRun,
  namewallctlOn,
  uninstallChart,
  upgradeChart,
} from '../src/cluster/install.ts';
import { NODES } from '../src/cluster/plan.ts';
import { type Shop, applyPolicy, probe, replaceShops, startShops } from '../src/cluster/shop.ts';
import { mustRun } from '../src/lab/command.ts';
import { until } from '../src/lab/until.ts';

let cluster: Cluster;
let shops: Shop[];
/** Each node's network configuration before anything of ours was there. */
const untouched = new Map<string, string>();
before(async () => {
  cluster = await Cluster.start();
  for (const { name } of NODES) untouched.set(name, await network(name));
  shops = await startShops(cluster);
  await installChart(cluster);
  await applyPolicy(cluster);
});
after(() => cluster.stop());

async function enforced(shop: Shop): Promise<void> {
  const policed = async (): Promise<boolean> =>
    (await probe(cluster, shop, '203.0.113.66')).startsWith('refused ') &&
    (await probe(cluster, shop, 'api.shop.example')) === 'open 200';
  await until(`${shop.name} to be policed`, policed, { deadline: 180_000, every: 200 });
  assert.match(await probe(cluster, shop, '203.0.113.66'), /^refused /u, shop.node);
  assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, shop.node);
}

const network = (node: string): Promise<string> =>
  mustRun(cluster.onNode(node, ['cat', '/etc/cni/net.d/10-pods.conflist']));

test('with every agent gone, new names of a wildcard work, and forbidden ones are refused', async () => {
  for (const shop of shops) await enforced(shop);
  await letAgentsRun(cluster, false);
  for (const shop of shops) {
    assert.equal(await probe(cluster, shop, `new-${shop.name}.cdn.example`), 'open 200', shop.node);
    await enforced(shop);
  }
});

test('so does a node’s switch, on the node and with nothing of Kubernetes', async () => {
  const [one, other] = NODES.map(({ name }) => shops.find(({ node }) => node === name) ?? assert.fail(name));
  assert.ok(one && other);
  assert.match(await namewallctlOn(cluster, one.node, 'node', 'off'), /^node switch: off;/u);
  assert.equal(await probe(cluster, one, 'forbidden.example'), 'open 200');
  assert.match(await probe(cluster, other, 'forbidden.example'), /^refused /u);
  assert.match(await namewallctlOn(cluster, one.node, 'node', 'on'), /^node switch: on;/u);
  await enforced(one);
});

test('the control: as shipped, a pod made then is open until the agent is back', async () => {
  shops = await replaceShops(cluster);
  for (const shop of shops) assert.equal(await probe(cluster, shop, 'forbidden.example'), 'open 200', shop.node);
  for (const { name, said } of await dialAtOnce(cluster, 2)) assert.match(said, /^forbidden open/u, name);
  await letAgentsRun(cluster, true);
  for (const shop of shops) await enforced(shop);
});

test('all of it is taken from one node and comes back, and the other one’s stays', async () => {
  const [one, other] = NODES.map(({ name }) => shops.find(({ node }) => node === name) ?? assert.fail(name));
  assert.ok(one && other);
  await letAgentRunOn(cluster, one.node, false);
  await enforced(one);
  await namewallctlOn(cluster, one.node, 'detach', '--all', '--state-dir', '/var/lib/namewall');
  assert.deepEqual(await leftOn(cluster, one.node), []);
  assert.equal(await probe(cluster, one, 'forbidden.example'), 'open 200');
  await enforced(other);
  await letAgentRunOn(cluster, one.node, true);
  await enforced(one);
});

test('uninstalled, nothing of it is left on either node, and every name is open', async () => {
  await uninstalled();
  for (const shop of shops) assert.equal(await probe(cluster, shop, 'forbidden.example'), 'open 200', shop.node);
});

async function uninstalled(): Promise<void> {
  for (const { name } of NODES) {
    assert.notDeepEqual(await leftOn(cluster, name), [], 'the control: there is something to leave');
  }
  await uninstallChart(cluster);
  for (const { name } of NODES) assert.deepEqual(await leftOn(cluster, name), [], name);
}

test('with the CNI plugin and Quarantine, a pod’s first packet meets its policy', async () => {
  await installChart(cluster, ['agent.cni.enabled=true', 'config.unknownPods=Quarantine']);
  await applyPolicy(cluster);
  await chained();
  const dialled = await dialAtOnce(cluster, 5);
  assert.equal(dialled.length, 5 * NODES.length);
  for (const { name, said } of dialled) assert.match(said, /^allowed open after \d+ ms, forbidden never$/u, name);
});

async function chained(): Promise<void> {
  const quarantine = /"type": "namewall-cni"[^}]+"unknownPods": "Quarantine"/u;
  for (const { name } of NODES) {
    const holds = async (): Promise<boolean> => quarantine.test(await network(name));
    await until(`${name} to hold unknown pods`, holds, { deadline: 120_000 });
  }
}

test('so does that of one made while the agent is dead: it waits for it', async () => {
  await letAgentsRun(cluster, false);
  shops = await replaceShops(cluster);
  for (const shop of shops) {
    assert.match(await probe(cluster, shop, '203.0.113.66'), /^refused /u, shop.node);
    assert.match(await probe(cluster, shop, 'api.shop.example'), /^refused /u, shop.node);
  }
  const dialling = await Dialling.start(cluster, 2, 180);
  await dialling.begun();
  await letAgentsRun(cluster, true);
  const dialled = await dialling.met();
  for (const { name, said } of dialled) assert.match(said, /^allowed open after \d+ ms, forbidden never$/u, name);
  for (const shop of shops) await enforced(shop);
});

test('a node that lost its power, with an empty bpf file system, enforces again', async () => {
  const [node] = NODES;
  assert.ok(node);
  await cluster.killNode(node.name);
  cluster.startNode(node);
  for (const shop of shops) await enforced(shop);
});

test('turned off and taken out, the CNI configuration is as it was, and the pods that there are stay policed', async () => {
  await chained();
  await upgradeChart(cluster, ['agent.cni.enabled=false', 'agent.cni.takeOut=true']);
  for (const { name } of NODES) assert.equal(await network(name), untouched.get(name), name);
  for (const shop of shops) await enforced(shop);
  await upgradeChart(cluster, ['agent.cni.enabled=true', 'agent.cni.takeOut=false']);
});

test('uninstalled again, the CNI configuration is as it was', async () => {
  await chained();
  await uninstalled();
  for (const { name } of NODES) assert.equal(await network(name), untouched.get(name), name);
});
