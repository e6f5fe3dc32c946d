/** What an edit, and the end of a policy, do to connections that are open: cutFlows on real sockets. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { Ledger, isWhole } from '../src/lab/ledger.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { auditedPolicy, edit, editedPolicy, enforce, readPolicy, startWithoutPolicy } from '../src/lab/scenario.ts';
import { until } from '../src/lab/until.ts';
import { type World, makeWorld } from '../src/lab/world.ts';

const ADDED = 'added.shop.example';
const REMOVED = 'removed.shop.example';

const onClose = (policy: string): string => policy.replace('spec:\n', 'spec:\n  connections: {cutFlows: OnClose}\n');
const denying = (policy: string, address: string): string =>
  `${policy}  egressDeny:\n    - to: [{cidr: ${address}/32}]\n`;

const cut = (ledger: Ledger): Promise<unknown> =>
  until('the connection to be cut', async () => (await ledger.report()).near.error !== undefined);

describe('an edit that takes a name away', () => {
  let world: World;
  let shop: Pod;
  const open = (host: string): Promise<Ledger> => Ledger.open(world.lab.ledgers, shop, host);

  before(async () => {
    world = await makeWorld();
    shop = world.lab.pod('shop');
    await startWithoutPolicy(world);
    await enforce(world);
  });
  after(() => world.lab.dispose());

  it('cuts its connection at once, and no other', async () => {
    const [kept, gone] = [await open('api.shop.example'), await open(REMOVED)];
    await edit(world, editedPolicy(), ADDED, REMOVED);
    await cut(gone);
    await kept.advance(40);
    const report = await kept.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });

  it('leaves it to close where the policy says OnClose, counts it, and lets nothing new through', async () => {
    await edit(world, onClose(readPolicy()), REMOVED, ADDED);
    const left = await open(REMOVED);
    await edit(world, onClose(editedPolicy()), ADDED, REMOVED);
    await left.advance(40);
    assert.equal((await fetchFrom(shop, SERVERS.removed.v4)).result, 'refused');
    await until('namewallctl to show it', async () => {
      const { stdout } = await world.namewall.runCtl('endpoints', '-o', 'json');
      return stdout.includes('"untilClose":1');
    });
    const report = await left.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });

  it('cuts what an emergency deny names, though the connection was left to close before', async () => {
    await edit(world, onClose(readPolicy()), REMOVED, ADDED);
    const [gone, kept] = [await open(REMOVED), await open('api.shop.example')];
    await edit(world, onClose(editedPolicy()), ADDED, REMOVED);
    await gone.advance(10);
    world.namewall.write('shop.yaml', denying(editedPolicy(), SERVERS.removed.v4));
    await cut(gone);
    await kept.advance(40);
    const report = await kept.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });

  it('opens what it closed when the policy goes, and only that', async () => {
    const kept = await open('api.shop.example');
    world.namewall.remove('shop.yaml');
    await until('a forbidden name to work', async () => (await lookUp(shop, 'forbidden.example')).rcode === 'NOERROR');
    for (const host of [REMOVED, 'forbidden.example', SERVERS.nameless.v4]) {
      assert.equal((await fetchFrom(shop, host)).result, 'open', host);
    }
    await kept.advance(40);
    const report = await kept.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });
});

describe('a policy that is switched on', () => {
  let world: World;
  before(async () => {
    world = await makeWorld({ durations: ['grandfather: 4s'] });
    await startWithoutPolicy(world);
  });
  after(() => world.lab.dispose());

  const open = (host: string): Promise<Ledger> => Ledger.open(world.lab.ledgers, world.lab.pod('shop'), host);
  const counted = async (reason: string): Promise<number> => {
    const { stdout } = await world.namewall.runCtl('status');
    return Number(new RegExp(`^${reason} +([0-9]+)`, 'm').exec(stdout)?.[1] ?? 0);
  };

  for (const [what, first] of [
    ['no policy', undefined],
    ['an audited one', auditedPolicy()],
  ] as const) {
    it(`leaves connections that it would not allow their time and cuts them then, after ${what}`, async () => {
      const [kept, gone] = [await open('api.shop.example'), await open(SERVERS.nameless.v4)];
      if (first !== undefined) {
        world.namewall.write('shop.yaml', first);
        await until('it to report', async () => (await counted('PASS_AUDIT_DENY')) > 0);
      }
      const already = await counted('PASS_GRANDFATHERED');
      await enforce(world);
      await cut(gone);
      assert.ok((await counted('PASS_GRANDFATHERED')) > already);
      await kept.advance(40);
      const report = await kept.finish();
      assert.ok(isWhole(report), JSON.stringify(report));
      world.namewall.remove('shop.yaml');
      await until('the policy to be gone', async () => {
        return (await lookUp(world.lab.pod('shop'), 'forbidden.example')).rcode === 'NOERROR';
      });
    });
  }
});
