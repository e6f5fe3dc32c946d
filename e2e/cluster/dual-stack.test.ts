/** Two real nodes of which everything has an address of each family: the same verdicts over both. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster } from '../src/cluster/cluster.ts';
import { installChart } from '../src/cluster/install.ts';
import { type Shop, applyPolicy, probe, startShops } from '../src/cluster/shop.ts';

let cluster: Cluster;
let shops: Shop[];
before(async () => {
  // Names are asked for over IPv6 first.
  cluster = await Cluster.start({ families: ['v4', 'v6'] });
  shops = await startShops(cluster);
  await installChart(cluster);
});
after(() => cluster.stop());

const addresses = { v4: '203.0.113.66', v6: '[2001:db8:113::66]' } as const;

test('the control: pods have both, and nothing is refused', async () => {
  for (const shop of shops) {
    assert.equal(shop.addresses.length, 2, shop.name);
    for (const address of Object.values(addresses)) {
      assert.equal(await probe(cluster, shop, address), 'open 200', `${shop.node} ${address}`);
    }
  }
});

test('a name’s addresses of both families are learned, and no others are open', async () => {
  await applyPolicy(cluster);
  for (const shop of shops) {
    const where = `${shop.node}, ${shop.asks}`;
    for (const address of ['203.0.113.10', '[2001:db8:113::10]', ...Object.values(addresses)]) {
      assert.match(
        await probe(cluster, shop, address),
        /^refused /u,
        `${where} ${address}, before the name is asked for`,
      );
    }
    assert.equal(await probe(cluster, shop, 'api.shop.example'), 'open 200', where);
    assert.equal(await probe(cluster, shop, '203.0.113.10'), 'open 200', where);
    assert.equal(await probe(cluster, shop, '[2001:db8:113::10]'), 'open 200', where);
    assert.match(await probe(cluster, shop, 'forbidden.example'), /^refused /u, where);
    for (const address of Object.values(addresses)) {
      assert.match(await probe(cluster, shop, address), /^refused /u, `${where} ${address}`);
    }
  }
});
