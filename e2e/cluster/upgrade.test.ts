/** Two real nodes under load: updated, rolled back and uninstalled without a connection cut or a name lost. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster } from '../src/cluster/cluster.ts';
import { installChart, leftOn, rollBack, uninstallChart, upgradeChart } from '../src/cluster/install.ts';
import { Load, allowNumbers, startLoadPods, starterIn } from '../src/cluster/load.ts';
import { NODES } from '../src/cluster/plan.ts';
import { applyPolicy, startShops } from '../src/cluster/shop.ts';
import { NAMESPACE } from '../src/kube/chart.ts';
import { Ledger, LedgerServer, isWhole } from '../src/lab/ledger.ts';

let cluster: Cluster;
let loads: Load[];
const ledgers: Ledger[] = [];
before(async () => {
  cluster = await Cluster.start();
  await startShops(cluster);
  const pods = await startLoadPods(cluster);
  await installChart(cluster);
  await allowNumbers(cluster);
  await applyPolicy(cluster);
  const server = new LedgerServer(cluster.run, cluster.network.control);
  for (const pod of pods) ledgers.push(await Ledger.open(server, starterIn(cluster, pod), 'api.shop.example'));
  loads = pods.map((pod) => new Load(cluster, pod));
});
after(() => cluster.stop());

/** Both pods were busy meanwhile, and nothing that is allowed failed. */
async function unharmed(enforced: boolean): Promise<void> {
  for (const load of loads) {
    const { answered, failed, refused, through } = await load.met();
    assert.deepEqual(failed, [], load.shop.node);
    assert.ok(answered >= 20, `${load.shop.node}: ${answered} names`);
    if (enforced) assert.deepEqual([through, refused > 0], [0, true], load.shop.node);
  }
  for (const ledger of ledgers) await ledger.advance(100);
}

const agents = async (): Promise<string> =>
  cluster.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app.kubernetes.io/component=agent', '-o', 'name');

test('a rolling update of operator and agents, and its rollback', async () => {
  const first = await agents();
  await upgradeChart(cluster, ['log.level=debug', 'agent.cpu=51m', 'operator.resources.requests.cpu=101m']);
  const second = await agents();
  assert.notEqual(second, first, 'the control: agents were replaced');
  await unharmed(true);
  await rollBack(cluster);
  assert.notEqual(await agents(), second);
  await unharmed(true);
});

test('uninstalled', async () => {
  await uninstallChart(cluster);
  for (const { name } of NODES) assert.deepEqual(await leftOn(cluster, name), [], name);
  await unharmed(false);
  for (const load of loads) {
    const { failed, through } = await load.met();
    assert.deepEqual([failed, through > 0], [[], true], `${load.shop.node}: all is open now`);
  }
  for (const ledger of ledgers) {
    const report = await ledger.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  }
});
