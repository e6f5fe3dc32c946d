/** The lab on its own, without Namewall: everything works, so what later fails was refused by a policy. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NAME_SERVERS, SERVERS } from '../src/lab/addresses.ts';
import { Lab } from '../src/lab/lab.ts';
import { Ledger, isWhole } from '../src/lab/ledger.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';

describe('the lab without policies', () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.create({ shop: { app: 'shop' } });
  });
  after(() => lab.dispose());

  for (const name of ['api.shop.example', 'www.shop.example', `x${process.pid}.wild.example`, 'forbidden.example']) {
    for (const family of ['-4', '-6']) {
      it(`serves ${name} over ${family}`, async () => {
        assert.equal((await fetchFrom(lab.pod('shop'), name, [family])).result, 'open');
      });
    }
  }

  for (const [kind, { v4, v6 }] of Object.entries(NAME_SERVERS).filter(([name]) => name !== 'silent')) {
    it(`has a name server: ${kind}`, async () => {
      for (const address of [v4, v6]) {
        const { addresses } = await lookUp(lab.pod('shop'), 'api.shop.example', 'AAAA', [`@${address}`]);
        assert.deepEqual(addresses, [SERVERS.api.v6]);
      }
    });
  }

  it('makes an address for every synthetic name', async () => {
    const pod = lab.pod('shop');
    const { addresses } = await lookUp(pod, 'new-198-18-130-7.fresh.example', 'A');
    assert.deepEqual(addresses, ['198.18.130.7']);
    assert.equal((await fetchFrom(pod, 'new-198-18-130-7.fresh.example')).result, 'open');
  });

  it('counts a numbered connection at both ends', async () => {
    const ledger = await Ledger.open(lab.ledgers, lab.pod('shop'), 'api.shop.example');
    await ledger.advance(20);
    const report = await ledger.finish();
    assert.ok(isWhole(report), JSON.stringify(report));
  });

  it('has no way out', async () => {
    assert.notEqual((await fetchFrom(lab.pod('shop'), '192.0.2.1')).result, 'open');
  });
});
