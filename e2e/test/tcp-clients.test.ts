/** What DNS clients that ask over TCP make of an allowed and of a forbidden name, and of a truncated answer. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PinnedDatapath, type ReasonName } from '@namewall/datapath';
import { buildClients } from '../src/clients/build.ts';
import { CLIENTS, type Client, type Result, asksOverTcp, overTcp } from '../src/clients/clients.ts';
import { NAME_SERVERS } from '../src/lab/addresses.ts';
import type { Pod } from '../src/lab/pod.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { type World, makeWorld } from '../src/lab/world.ts';
import { LONG_ADDRESSES } from '../src/lab/zones.ts';

/** Milliseconds: half of what each of them waits for an answer. */
const WAITED = 2_500;

interface Asked extends Result {
  readonly connections: number;
  readonly refusals: number;
  readonly resets: number;
}

describe('DNS clients over TCP', () => {
  let world: World;
  let shop: Pod;
  let pins: PinnedDatapath;

  before(async () => {
    buildClients();
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
    shop = world.lab.pod('shop');
    pins = PinnedDatapath.openPinned(world.lab.run.pinRoot);
  });
  after(() => {
    pins[Symbol.dispose]();
    world.lab.dispose();
  });

  const useResolver = (...options: string[]): void => {
    shop.useResolvers([NAME_SERVERS.recursive.v4], { search: [], options });
  };

  const count = (name: ReasonName): number => Number(pins.counters().get(name) ?? 0n);

  async function ask(client: Client, name: string): Promise<Asked> {
    const [seen, refused, reset] = [count('SOCKET_SEEN'), count('REPLY_REFUSED'), count('REPLY_RESET')];
    const result = client.read(await shop.exec(overTcp(client.argv(name, false))));
    return {
      ...result,
      connections: count('SOCKET_SEEN') - seen,
      refusals: count('REPLY_REFUSED') - refused,
      resets: count('REPLY_RESET') - reset,
    };
  }

  for (const client of CLIENTS.filter(asksOverTcp)) {
    it(`${client.name} finds an allowed name, and fails at once at a forbidden one`, async () => {
      useResolver('use-vc');
      const allowed = await ask(client, 'api.shop.example');
      assert(allowed.found && allowed.connections > 0, JSON.stringify(allowed));
      const forbidden = await ask(client, 'forbidden.example');
      assert(!forbidden.found && forbidden.connections > 0 && forbidden.refusals > 0, JSON.stringify(forbidden));
      assert.equal(forbidden.resets, 0);
      assert(forbidden.elapsed < WAITED, JSON.stringify(forbidden));
    });

    // musl before 1.2.4 knows no TCP.
    it(`${client.name} asks again over TCP when an answer is truncated, and every address is learned`, async () => {
      useResolver();
      const [seen, learned] = [count('SOCKET_SEEN'), count('LEARN_NEW') + count('LEARN_REFRESHED')];
      const result = client.read(await shop.exec(client.argv('long.wild.example', false)));
      assert(result.found, JSON.stringify(result));
      assert(count('SOCKET_SEEN') > seen, 'no connection to the resolver');
      assert(count('LEARN_NEW') + count('LEARN_REFRESHED') - learned >= LONG_ADDRESSES);
    });
  }
});
