/** A thousand edits a minute and more, under load: no look-up fails, no connection is cut, nothing gets through. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { editOnce, namesAt, writeSides } from '../src/edits/churn.ts';
import { PORTS, SERVERS } from '../src/lab/addresses.ts';
import { Dialler, always } from '../src/lab/dialler.ts';
import { Ledger, isWhole } from '../src/lab/ledger.ts';
import { LogLines } from '../src/lab/log-lines.ts';
import type { Pod } from '../src/lab/pod.ts';
import { lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { until } from '../src/lab/until.ts';
import { type World, makeWorld } from '../src/lab/world.ts';

const EDITS = 400;
/** Milliseconds from one edit to the next: more than a thousand a minute. */
const PACE = 55;
/** After so many edits they must be in force before the next one is made. */
const LOOK = 50;

describe(`${EDITS} edits in a row under load`, () => {
  let world: World;
  let shop: Pod;
  let ledgers: Ledger[];
  const diallers = new Map<string, Dialler>();

  before(async () => {
    world = await makeWorld();
    shop = world.lab.pod('shop');
    await startWithoutPolicy(world);
    writeSides(world.namewall);
    await enforce(world);
    const hosts = ['api.shop.example', 'www.shop.example', SERVERS.api.v4, SERVERS.api.v6];
    ledgers = [];
    for (const host of hosts) ledgers.push(await Ledger.open(world.lab.ledgers, shop, host));
    for (const host of ['*.wild.example', '*.forbidden.example', SERVERS.nameless.v4, SERVERS.nameless.v6]) {
      diallers.set(host, await Dialler.start(shop, host, { port: PORTS.web, pace: 10 }));
    }
  });
  after(() => world.lab.dispose());

  it('all come into force, at a thousand a minute', async (t) => {
    const { operator } = world.namewall;
    assert.ok(operator);
    const acked = new LogLines(operator.log, '"agent enforces the change"');
    const first = acked.count;
    const began = performance.now();
    for (let number = 0; number < EDITS; number += 1) {
      editOnce(world.namewall, shop, number);
      if ((number + 1) % LOOK === 0) await inForce(shop, number);
      await pause(Math.max(0, began + (number + 1) * PACE - performance.now()));
    }
    const rate = Math.round((EDITS * 60_000) / (performance.now() - began));
    t.diagnostic(`${rate} edits a minute; the agent applied ${acked.count - first} changes`);
  });

  for (const [host, how] of [
    ['*.wild.example', 'open'],
    ['*.forbidden.example', 'nameRefused'],
    [SERVERS.nameless.v4, 'refused'],
    [SERVERS.nameless.v6, 'refused'],
  ] as const) {
    it(`every dial to ${host}: ${how}`, async (t) => {
      const tally = await diallers.get(host)?.stop();
      assert.ok(tally);
      assert.deepEqual(tally, always(how, tally.dials));
      t.diagnostic(`${tally.dials} dials`);
    });
  }

  it('no open connection was cut or lost a number', async () => {
    for (const ledger of ledgers) {
      await ledger.advance(10);
      const report = await ledger.finish();
      assert.ok(isWhole(report), JSON.stringify(report));
    }
  });
});

/** Waits until what the newest edit brought may be asked for, and what an earlier one took away may not. */
async function inForce(pod: Pod, number: number): Promise<void> {
  const { held, gone } = namesAt(number);
  await until(`edit ${number} to be in force`, async () => {
    const [brought, taken] = await Promise.all([lookUp(pod, held), lookUp(pod, gone)]);
    return brought.rcode === 'NXDOMAIN' && taken.rcode === 'REFUSED';
  });
}
