/** Names of the search list on live pods: autopath counts for the short name, expansions carry nothing out. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { AUTOPATH, startAutopath } from '../src/lab/autopath.ts';
import { podManifest } from '../src/lab/manifests.ts';
import type { Pod } from '../src/lab/pod.ts';
import { type Lookup, fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { type World, makeWorld, randomLabel } from '../src/lab/world.ts';
import { AUTOPATH_SUFFIX } from '../src/lab/zones.ts';

describe('names of the search list', () => {
  let world: World;
  const shop = (): Pod => world.lab.pod('shop');
  const ask = (name: string): Promise<Lookup> => lookUp(shop(), name, 'A', [`@${AUTOPATH}`]);
  const byAutopath = async (name: string): Promise<string> => {
    const { rcode, addresses } = await ask(`${name}.${AUTOPATH_SUFFIX}`);
    assert.equal(rcode, 'NOERROR');
    return addresses[0] ?? '';
  };
  const connects = async (address: string): Promise<boolean> => (await fetchFrom(shop(), address)).result === 'open';

  before(async () => {
    world = await makeWorld();
    await startAutopath(world.lab);
    const own = '  dnsPolicy: ClusterFirst\n  dnsConfig:\n    searches: [team.example]\n';
    world.namewall.write('pod-shop.yaml', podManifest(shop()).replace('  dnsPolicy: ClusterFirst\n', own));
    await startWithoutPolicy(world);
  });
  after(() => world.lab.dispose());

  it('a policy knows what autopath answered before it came, by the short names', async () => {
    assert.equal(await byAutopath('removed.shop.example'), SERVERS.removed.v4);
    assert.equal(await byAutopath('added.shop.example'), SERVERS.added.v4);
    await enforce(world);
    assert.equal(await connects(SERVERS.removed.v4), true, 'the policy allows it');
    assert.equal(await connects(SERVERS.added.v4), false, 'the control: the policy does not allow this one');
  });

  it('an allowed name works by autopath, through further CNAMEs too', async () => {
    for (const [name, { v4 }] of [
      ['api.shop.example', SERVERS.api],
      ['www.shop.example', SERVERS.edge],
    ] as const) {
      assert.equal(await connects(v4), false, `${name} was not looked up yet`);
      assert.equal(await byAutopath(name), v4);
      assert.equal(await connects(v4), true, name);
    }
    const { stdout } = await world.namewall.runCtl('names');
    assert.match(stdout, / api\.shop\.example +203\.0\.113\.10 /);
    assert.equal(stdout.includes(AUTOPATH_SUFFIX), false, stdout);
  });

  it('a name that is not allowed is found by autopath, and not reached', async () => {
    assert.equal(await byAutopath('forbidden.example'), SERVERS.forbidden.v4);
    assert.equal(await connects(SERVERS.forbidden.v4), false);
  });

  it('under a suffix elsewhere only a name that a rule spells out is asked for', async () => {
    assert.equal((await ask('api.shop.example.team.example')).extendedError, '');
    for (const name of [`${randomLabel()}.wild.example`, 'forbidden.example']) {
      const { rcode, extendedError } = await ask(`${name}.team.example`);
      assert.deepEqual([rcode, extendedError.slice(0, 12)], ['NXDOMAIN', '15 (Blocked)'], name);
    }
    assert.equal((await ask('api.shop.example.other.example')).rcode, 'REFUSED', 'a suffix that is not its own');
  });
});
