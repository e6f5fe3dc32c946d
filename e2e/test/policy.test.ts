/** A policy on live pods: what it allows works, what it does not is refused at once, edits cut nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { isWhole } from '../src/lab/ledger.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { edit, editedPolicy, enforce, openLedger, readPolicy, startWithoutPolicy } from '../src/lab/scenario.ts';
import { attachedIn } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

for (const hook of ['auto', 'clsact'] as const) {
  describe(`a policy, hook ${hook}`, () => {
    let world: World;
    const shop = (): Pod => world.lab.pod('shop');

    before(async () => {
      world = await makeWorld({ hook });
      await startWithoutPolicy(world);
    });
    after(() => world.lab.dispose());

    it('is enforced at the hooks that were asked for', async () => {
      const kinds = (await attachedIn(world.lab.node)).map(({ kind }) => kind);
      assert.equal(kinds.length, 2 * world.namewall.pods.length);
      assert.deepEqual(
        kinds.filter((kind) => !kind.startsWith(hook === 'auto' ? '' : hook)),
        [],
      );
    });

    it('refuses nothing before it exists', async () => {
      for (const host of ['api.shop.example', 'forbidden.example', SERVERS.nameless.v4, `[${SERVERS.nameless.v6}]`]) {
        assert.equal((await fetchFrom(shop(), host)).result, 'open', host);
      }
    });

    it('lets a connection that it allows live when it arrives', async () => {
      const ledger = await openLedger(world);
      await enforce(world);
      await ledger.advance(40);
      const report = await ledger.finish();
      assert.ok(isWhole(report), JSON.stringify(report));
    });

    for (const family of ['-4', '-6']) {
      it(`lets allowed names work, ${family}`, async () => {
        for (const name of ['api.shop.example', 'www.shop.example', `${randomLabel()}.wild.example`]) {
          assert.equal((await fetchFrom(shop(), name, [family])).result, 'open', name);
        }
      });

      it(`refuses a forbidden name, ${family}`, async () => {
        const name = `${randomLabel()}.forbidden.example`;
        const answer = await lookUp(shop(), name, family === '-4' ? 'A' : 'AAAA');
        assert.deepEqual([answer.rcode, answer.addresses], ['REFUSED', []]);
        assert.equal((await fetchFrom(shop(), name, [family])).result, 'name refused');
      });

      it(`refuses an address that no name led to, ${family}`, async () => {
        const { v4, v6 } = SERVERS.nameless;
        assert.equal((await fetchFrom(shop(), family === '-4' ? v4 : `[${v6}]`)).result, 'refused');
      });
    }

    it('says that a name was blocked, where the question has room for it', async () => {
      assert.match((await lookUp(shop(), 'forbidden.example')).extendedError, /^15 \(Blocked\)/);
    });

    it('lets getent, with its search list and both families, find an allowed name', async () => {
      const { code, stdout } = await shop().exec(['getent', 'ahosts', freshName()]);
      assert.deepEqual([code, /198\.18\.\d+\.\d+/.test(stdout)], [0, true]);
    });

    it('leaves a pod alone that it does not select', async () => {
      const other = world.lab.pod('other');
      assert.equal((await fetchFrom(other, 'forbidden.example')).result, 'open');
      assert.equal((await fetchFrom(other, SERVERS.nameless.v4)).result, 'open');
    });

    it('does not let what one pod learned open an address to another', async () => {
      const name = freshName();
      const address = name.slice('new-'.length, name.indexOf('.')).replaceAll('-', '.');
      assert.equal((await lookUp(world.lab.pod('other'), name)).rcode, 'NOERROR');
      assert.equal((await fetchFrom(shop(), address)).result, 'refused');
      assert.equal((await fetchFrom(shop(), name)).result, 'open', 'the control: once the pod asks itself');
      assert.equal((await fetchFrom(shop(), address)).result, 'open', 'the control: once the pod asks itself');
    });

    it('takes an edit while a connection lives', async () => {
      const ledger = await openLedger(world);
      await edit(world, editedPolicy(), 'added.shop.example', 'removed.shop.example');
      await ledger.advance(40);
      await edit(world, readPolicy(), 'removed.shop.example', 'added.shop.example');
      await ledger.advance(40);
      const report = await ledger.finish();
      assert.ok(isWhole(report), JSON.stringify(report));
    });

    it('keeps the last good version of a file that is half written', async () => {
      const whole = editedPolicy();
      world.namewall.write('shop.yaml', whole.slice(0, whole.indexOf('matchPattern') + 6));
      await until('the operator to report the file', () => world.namewall.operatorSays('shop.yaml'));
      assert.equal((await lookUp(shop(), 'forbidden.example')).rcode, 'REFUSED');
      assert.equal((await fetchFrom(shop(), 'removed.shop.example')).result, 'open');
      await edit(world, whole, 'added.shop.example', 'removed.shop.example');
    });
  });
}
