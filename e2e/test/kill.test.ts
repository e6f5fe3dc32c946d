/** Operator and agent die by SIGKILL: names never asked before go on working, forbidden ones being refused. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { type Ledger, isWhole } from '../src/lab/ledger.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { edit, editedPolicy, enforce, openLedger, startWithoutPolicy } from '../src/lab/scenario.ts';
import { attachedIn, traces } from '../src/lab/traces.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

describe('with operator and agent killed', () => {
  let world: World;
  let ledger: Ledger;

  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
    ledger = await openLedger(world);
    await world.namewall.kill();
  });
  after(() => world.lab.dispose());

  it('allows names drawn after the kill, at addresses not learned before', async () => {
    const shop = world.lab.pod('shop');
    for (let round = 0; round < 10; round += 1) {
      const name = freshName();
      const address = name.slice('new-'.length, name.indexOf('.')).replaceAll('-', '.');
      assert.equal((await fetchFrom(shop, address)).result, 'refused', `the control: ${address} is not known yet`);
      assert.equal((await fetchFrom(shop, name)).result, 'open', name);
    }
    assert.equal((await fetchFrom(shop, `${randomLabel()}.wild.example`, ['-6'])).result, 'open');
  });

  it('refuses forbidden names drawn after the kill, and bare addresses', async () => {
    const shop = world.lab.pod('shop');
    assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`)).rcode, 'REFUSED');
    assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`, 'AAAA')).rcode, 'REFUSED');
    assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
    assert.equal((await fetchFrom(shop, `[${SERVERS.nameless.v6}]`)).result, 'refused');
  });

  it('adopts what it finds when both return, and takes edits again', async () => {
    const found = await attachedIn(world.lab.node);
    world.namewall.startOperator();
    world.namewall.startAgent();
    await edit(world, editedPolicy(), 'added.shop.example', 'removed.shop.example');
    assert.deepEqual(await attachedIn(world.lab.node), found);
  });

  it('interrupted no connection', async () => {
    await ledger.advance(20);
    const report = await ledger.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });

  it('leaves nothing behind after detach --all', async () => {
    await Promise.all([world.namewall.operator?.end(), world.namewall.agent?.end()]);
    const { code, stderr } = await world.namewall.runCtl('detach', '--all');
    assert.equal(code, 0, stderr);
    assert.deepEqual(await traces(world.lab), []);
    assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'open');
  });
});
