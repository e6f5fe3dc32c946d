/** A policy arrives on a pod that works: what it allows is not cut, what it does not allow goes on for its time. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PORTS, SERVERS } from '../src/lab/addresses.ts';
import { Clock } from '../src/lab/clock.ts';
import { Dialler, always } from '../src/lab/dialler.ts';
import { Ledger, isWhole } from '../src/lab/ledger.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { Tap } from '../src/lab/tap.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld } from '../src/lab/world.ts';

/** Seconds: `grandfather` as it is by default. */
const GRANDFATHER = 3600;
const ALLOWED = ['api.shop.example', SERVERS.edge.v4, SERVERS.api.v6];
const FORBIDDEN = ['forbidden.example', SERVERS.nameless.v4, SERVERS.nameless.v6];

describe('a policy that arrives on a pod at work', () => {
  const cleanup = new DisposableStack();
  let world: World;
  let shop: Pod;
  let clock: Clock;
  let tap: Tap;
  let allowed: Ledger[];
  let forbidden: Ledger[];
  let diallers: Dialler[];
  /** Looked up before the policy, connected to only after it. */
  let early: string[];
  let never: string;
  let forbiddenEarly: string[];

  const openAll = async (hosts: readonly string[]): Promise<Ledger[]> => {
    const ledgers: Ledger[] = [];
    for (const host of hosts) ledgers.push(await Ledger.open(world.lab.ledgers, shop, host));
    return ledgers;
  };
  const outliving = async (): Promise<unknown> => {
    const { stdout } = await world.namewall.runCtl('endpoints', '-o', 'json');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; usage: { grandfathered: number } });
    return rows.find(({ name }) => name === 'shop')?.usage.grandfathered;
  };

  before(async () => {
    world = await makeWorld();
    cleanup.defer(() => world.lab.dispose());
    shop = world.lab.pod('shop');
    await startWithoutPolicy(world);
    clock = cleanup.use(new Clock(world.lab));
    tap = await Tap.on(world.lab, shop);
    for (const name of ['api.shop.example', 'www.shop.example']) await resolve(shop, name);
    allowed = await openAll(ALLOWED);
    forbidden = await openAll(FORBIDDEN);
    early = [];
    for (let i = 0; i < 5; i += 1) early.push(...(await resolve(shop, freshName())));
    forbiddenEarly = await resolve(shop, 'early.forbidden.example');
    never = String((await resolve(world.lab.pod('other'), freshName()))[0]);
    diallers = [];
    for (const host of ['api.shop.example', 'www.shop.example']) {
      diallers.push(await Dialler.start(shop, host, { port: PORTS.web, pace: 10 }));
    }
  });
  after(() => cleanup.dispose());

  it('cuts nothing that it allows, under load', async (t) => {
    await enforce(world);
    for (const dialler of diallers) await dialler.advance(20);
    for (const ledger of allowed) await ledger.advance(20);
    for (const dialler of diallers) {
      const tally = await dialler.stop();
      assert.deepEqual(tally, always('open', tally.dials));
      t.diagnostic(`${tally.dials} dials`);
    }
  });

  it('lets the pod connect to what it looked up before, without another look-up', async () => {
    const { questions } = await tap.wire();
    for (const address of early) assert.equal((await fetchFrom(shop, address)).result, 'open', address);
    assert.equal((await tap.wire()).questions, questions);
  });

  it('but not to what no allowed name led it to (the control)', async () => {
    for (const address of [never, ...forbiddenEarly, SERVERS.nameless.v4]) {
      assert.equal((await fetchFrom(shop, address)).result, 'refused', address);
    }
  });

  it('lets connections that it does not allow go on for a time, and counts them', async () => {
    for (const ledger of forbidden) await ledger.advance(20);
    await until('all to be counted', async () => (await outliving()) === forbidden.length);
    await clock.advance(GRANDFATHER / 2);
    for (const ledger of [...forbidden, ...allowed]) await ledger.advance(20);
    await until('all to be counted', async () => (await outliving()) === forbidden.length);
  });

  it('cuts those, and no other, when the time is over', async () => {
    await clock.advance(GRANDFATHER / 2);
    for (const [at, ledger] of forbidden.entries()) {
      const { near } = await until(`${FORBIDDEN[at] ?? ''} to be cut`, async () => {
        const report = await ledger.report();
        return !report.near.open && report;
      });
      assert.equal(near.wrong, 0);
      assert.match(near.error ?? '', /ECONNRESET/);
    }
    await until('the count to follow', async () => (await outliving()) === 0);
    for (const ledger of allowed) await ledger.advance(20);
  });

  it('opens everything again when it is deleted, and has cut no connection that it allowed', async () => {
    world.namewall.remove('shop.yaml');
    await until('a forbidden name', async () => (await lookUp(shop, 'forbidden.example')).rcode === 'NOERROR');
    for (const host of FORBIDDEN) {
      const url = host.includes(':') ? `[${host}]` : host;
      assert.equal((await fetchFrom(shop, url)).result, 'open', host);
    }
    for (const ledger of allowed) {
      await ledger.advance(20);
      const report = await ledger.finish();
      assert.ok(isWhole(report), JSON.stringify(report));
    }
  });
});

/** Asks for both types, so that the pod has looked the name up as its programs do; the IPv4 addresses. */
async function resolve(pod: Pod, name: string): Promise<string[]> {
  const [v4] = await Promise.all([lookUp(pod, name), lookUp(pod, name, 'AAAA')]);
  assert.equal(v4.rcode, 'NOERROR', name);
  return [...v4.addresses];
}
