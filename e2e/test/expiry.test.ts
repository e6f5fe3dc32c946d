/** Clients that keep an address beyond its TTL: they go on while they use it, and for the idle window after. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildClients } from '../src/clients/build.ts';
import { type Keepers, startKeepers } from '../src/keepers/keepers.ts';
import { Clock } from '../src/lab/clock.ts';
import type { Pod } from '../src/lab/pod.ts';
import { lookUp } from '../src/lab/probes.ts';
import { startWithoutPolicy } from '../src/lab/scenario.ts';
import { Tap } from '../src/lab/tap.ts';
import { until } from '../src/lab/until.ts';
import { Watch } from '../src/lab/watch.ts';
import { type World, makeWorld } from '../src/lab/world.ts';
import { mixPolicy } from '../src/mix/policy.ts';
import { Services } from '../src/mix/services.ts';

/** Seconds: past the names' TTL of 300 and the grace of 60, within the idle window of 600. */
const WITHIN = 530;
const ROUNDS = 3;

describe('clients that outlive TTLs', () => {
  const cleanup = new DisposableStack();
  let world: World;
  let pod: Pod;
  let clock: Clock;
  let watch: Watch;
  let tap: Tap;
  let keepers: Keepers;
  let asked: number;

  before(async () => {
    buildClients();
    world = await makeWorld();
    cleanup.defer(() => world.lab.dispose());
    const { lab, namewall } = world;
    pod = lab.pod('shop');
    pod.useResolvers(['198.51.100.53'], { search: [] });
    await Services.start(lab);
    await startWithoutPolicy(world);
    namewall.write('mix.yaml', mixPolicy({ also: ['api.shop.example'] }));
    await until('the policy', async () => (await lookUp(pod, 'forbidden.example')).rcode === 'REFUSED');
    keepers = await startKeepers(lab, pod);
    for (const { client, dial } of keepers.all) assert.equal(await dial(), 'served', client);
    clock = cleanup.use(new Clock(lab));
    tap = await Tap.on(lab, pod);
    watch = cleanup.use(new Watch(namewall.agentSocket, pod.name));
    await watch.ready(() => lookUp(pod, 'forbidden.example'));
    asked = (await tap.wire()).questions;
  });
  after(() => cleanup.dispose());

  const dialAll = async (): Promise<Record<string, string>> =>
    Object.fromEntries(await Promise.all(keepers.all.map(async ({ client, dial }) => [client, await dial()] as const)));
  const all = (how: (keeper: Keepers['all'][number]) => string): Record<string, string> =>
    Object.fromEntries(keepers.all.map((keeper) => [keeper.client, how(keeper)]));

  it(`connect again and again, ${WITHIN} s apart, with what they looked up once`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await clock.advance(WITHIN);
      assert.deepEqual(
        await dialAll(),
        all(() => 'served'),
      );
    }
  });

  it('are denied after the idle window without use, but what is open goes on', async () => {
    await clock.advance(WITHIN);
    await clock.advance(WITHIN);
    assert.equal(await keepers.usePool(), 'served', 'connections of the pool, silent for longer than the window');
    assert.deepEqual(
      await dialAll(),
      all(({ refusedAs }) => refusedAs),
    );
  });

  it('the events say that the address has expired, and of which name', async () => {
    for (const { name } of keepers.all) {
      const said = new RegExp(`^address expired.*, learned for ${name}`);
      await until(`an event that says ${said}`, () =>
        watch.events.some(({ reason, why }) => reason.startsWith('DENY_') && said.test(why)),
      );
    }
  });

  it('none of them has asked again in all that time (the control)', async () => {
    assert.equal((await tap.wire()).questions, asked);
  });

  it('connect again once anything in the pod looks the name up', async () => {
    for (const { name } of keepers.all) {
      for (const type of ['A', 'AAAA']) assert.equal((await lookUp(pod, name, type)).rcode, 'NOERROR');
    }
    assert.deepEqual(
      await dialAll(),
      all(() => 'served'),
    );
  });
});
