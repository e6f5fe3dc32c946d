/** The clients that pods really run, while policies come, change and go; every look-up and connection is accounted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Clock } from '../src/lab/clock.ts';
import { LogLines } from '../src/lab/log-lines.ts';
import { startWithoutPolicy } from '../src/lab/scenario.ts';
import { Tap } from '../src/lab/tap.ts';
import { until } from '../src/lab/until.ts';
import { Watch } from '../src/lab/watch.ts';
import { type World, makeWorld } from '../src/lab/world.ts';
import { Account } from '../src/mix/account.ts';
import { Clients } from '../src/mix/clients.ts';
import { Connections } from '../src/mix/connections.ts';
import { PHASES, type Phase } from '../src/mix/phases.ts';
import { DIALLED, type Mix, exchange, round } from '../src/mix/round.ts';
import { Services } from '../src/mix/services.ts';

/** Seconds that the datapath's clock moves at a time: past TTL and grace and UDP's idle time, not past the window. */
const STEP = 530;
const HOUR = 3600;

describe('the mix', () => {
  const cleanup = new DisposableStack();
  let world: World;
  let services: Services;
  let mix: Mix;
  let tap: Tap;
  let watch: Watch;
  let clock: Clock;
  let acked: LogLines;
  let written: string | undefined;
  let aged = 0;

  before(async () => {
    world = await makeWorld();
    cleanup.defer(() => world.lab.dispose());
    const { lab, namewall } = world;
    const pod = lab.pod('shop');
    services = await Services.start(lab);
    await startWithoutPolicy(world);
    clock = cleanup.use(new Clock(lab));
    tap = await Tap.on(lab, pod);
    watch = cleanup.use(new Watch(namewall.agentSocket, pod.name));
    acked = new LogLines(namewall.operator?.log ?? '', '"agent enforces the change"');
    const connections = new Connections(pod, services);
    mix = { pod, clients: new Clients(lab, pod, services), connections, account: new Account() };
    assert.equal(await connections.open(), 'served');
  });
  after(() => cleanup.dispose());

  /**
   * Returns when the agent has said that it enforces what the file now says. Nothing is under way then: a service whose
   * client is cut off would send it again, and the pod would reset what it no longer knows, packet by packet.
   */
  async function enter({ policy }: Phase): Promise<void> {
    if (policy === written) return;
    await services.acknowledged();
    const changes = acked.count;
    if (policy === undefined) world.namewall.remove('mix.yaml');
    else world.namewall.write('mix.yaml', policy);
    written = policy;
    await until('the change to be in force', () => acked.count > changes);
  }

  for (const phase of PHASES) {
    it(`${phase.name}: each client as the policy says`, async () => {
      await enter(phase);
      for (const family of ['v4', 'v6'] as const) await round(mix, phase, family);
      for (let step = 0; step < phase.steps; step += 1, aged += STEP) {
        await clock.advance(STEP);
        await exchange(mix, phase);
      }
      assert.deepEqual(mix.account.wrong(phase.name), []);
    });
  }

  it('the connections that stayed are an hour old, and both ends have counted the same', async () => {
    assert.ok(aged >= HOUR, `${aged} s`);
    const { socket, quic } = { socket: await mix.connections.socket(1), quic: await mix.connections.quic(1) };
    assert.deepEqual([socket.open, socket.wrong, socket.received], [true, 0, socket.sent]);
    assert.equal(await services.served('socket'), socket.sent);
    assert.equal(await services.served('quic'), quic.sent + mix.account.count('quic', 'served'));
  });

  it('every service has served what its clients have got', async () => {
    const got = (what: string): number => mix.account.count(what, 'served');
    for (const service of DIALLED.filter((one) => one !== 'web' && one !== 'quic')) {
      assert.equal(await services.served(service), got(service), service);
    }
    assert.equal(await services.served('store'), mix.account.count('store', 'all'));
  });

  it('the kernel has counted what passed the wire, and reported each refusal', async (t) => {
    const [wire, counts] = [await tap.wire(), await watch.counts()];
    assert.equal(wire.missed, 0);
    assert.deepEqual(
      { questions: counts.queries + counts.refused, refused: counts.refused, denied: counts.denied },
      { questions: wire.questions, refused: wire.refused, denied: wire.resets + wire.prohibited },
    );
    const refusals = counts.refused + counts.denied + counts.auditDenied;
    await until('an event for each', () => watch.refusals >= refusals);
    assert.deepEqual(watch.reported, {
      refusedQueries: counts.refused,
      deniedPackets: counts.denied,
      audited: counts.auditDenied,
      lost: 0,
    });
    t.diagnostic(`${mix.account.entries} look-ups, connections and messages; on the wire: ${JSON.stringify(wire)}`);
  });
});
