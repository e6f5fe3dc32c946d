/** DNS over TCP, with the name servers and the kernel's TCP at both ends. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { type World, freshName, makeWorld } from '../src/lab/world.ts';

describe('DNS over TCP', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
  });
  after(() => world.lab.dispose());

  it('an answer over it teaches', async () => {
    const shop = world.lab.pod('shop');
    const name = freshName();
    const found = await lookUp(shop, name, 'A', ['+tcp']);
    assert.equal(found.rcode, 'NOERROR');
    assert.equal((await fetchFrom(shop, found.addresses[0] ?? '')).result, 'open');
  });

  it('a truncated answer is asked again over it, and teaches what that left out', async () => {
    const shop = world.lab.pod('shop');
    const cut = await lookUp(shop, 'large.wild.example', 'AAAA', ['+ignore']);
    assert(cut.addresses.length < 50);
    const whole = await lookUp(shop, 'large.wild.example', 'AAAA');
    assert.equal(whole.addresses.length, 50);
    for (const address of whole.addresses) {
      assert.equal((await fetchFrom(shop, `[${address}]`)).result, 'open', address);
    }
  });

  it('a forbidden name is not asked', async () => {
    const found = await lookUp(world.lab.pod('shop'), 'forbidden.example', 'A', ['+tcp']);
    assert.deepEqual([found.rcode, found.addresses], ['NONE', []]);
    const other = await lookUp(world.lab.pod('other'), 'forbidden.example', 'A', ['+tcp']);
    assert.equal(other.rcode, 'NOERROR', 'a pod that no policy selects (the control)');
  });
});
