/** DNS over TCP through what comes and goes around it: agents, programs, cgroups, and more connections than fit. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PinnedDatapath, type ReasonName } from '@namewall/datapath';
import { BpfProgram } from '@namewall/libbpf';
import { NAME_SERVERS } from '../src/lab/addresses.ts';
import { Crowd } from '../src/lab/crowd.ts';
import { queryBytes } from '../src/lab/dns-bytes.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom } from '../src/lab/probes.ts';
import { auditedPolicy, edit, editedPolicy, enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { framed, type Reply, TcpEnd } from '../src/lab/tcp-end.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

const SERVER = NAME_SERVERS.recursive.v4;
const MANY = 10_000;
const [NOERROR, REFUSED] = [0, 5];
const allowed = (id: number): Buffer => framed(queryBytes(id, `${randomLabel()}.wild.example`));
const forbidden = (id: number): Buffer => framed(queryBytes(id, `${randomLabel()}.forbidden.example`));
const found = (id: number): Reply => [id, NOERROR, 1];
const refused = (id: number): Reply => [id, REFUSED, 0];

async function policedWorld(choices: Parameters<typeof makeWorld>[0] = {}): Promise<World> {
  const world = await makeWorld(choices);
  await startWithoutPolicy(world);
  await enforce(world);
  return world;
}

/** What is counted while something is done. */
async function counted<T>(world: World, done: () => Promise<T>): Promise<[T, (reason: ReasonName) => number]> {
  using pins = PinnedDatapath.openPinned(world.lab.run.pinRoot);
  const earlier = pins.counters();
  const result = await done();
  const later = pins.counters();
  return [result, (reason) => Number((later.get(reason) ?? 0n) - (earlier.get(reason) ?? 0n))];
}

describe('a connection to a resolver', () => {
  let world: World;
  let shop: Pod;
  const ends: TcpEnd[] = [];
  let id = 0;

  before(async () => {
    world = await policedWorld();
    shop = world.lab.pod('shop');
    for (let i = 0; i < 8; i += 1) ends.push(await TcpEnd.open(shop, `kept-${i}`, SERVER));
    await everyoneAsks();
  });
  after(() => world.lab.dispose());

  /** Over each of the connections an allowed name and a forbidden one, both drawn now. */
  async function everyoneAsks(): Promise<void> {
    id += 2;
    for (const end of ends) {
      await end.send(allowed(id), forbidden(id + 1));
      const replies = (await end.replies(id)).slice(-2).toSorted(([a], [b]) => a - b);
      assert.deepEqual([await end.state(), replies], ['open', [found(id), refused(id + 1)]]);
    }
  }

  it('goes on with operator and agent killed, and teaches names drawn after that', async () => {
    await world.namewall.kill();
    await everyoneAsks();
    const [end] = ends.splice(0, 1);
    assert(end);
    for (let round = 0; round < 10; round += 1) {
      const name = freshName();
      const address = name.slice('new-'.length, name.indexOf('.')).replaceAll('-', '.');
      assert.equal((await fetchFrom(shop, address)).result, 'refused', `the control: ${address} is not known yet`);
      await end.send(framed(queryBytes(1_000 + round, name)));
      assert.deepEqual((await end.replies(id + round + 1)).at(-1), found(1_000 + round));
      assert.equal((await fetchFrom(shop, address)).result, 'open', name);
    }
    await end.close();
  });

  it('goes on while a new agent puts its own programs in place, and by an edited policy', async () => {
    const idOf = (): number => {
      using program = BpfProgram.openPinned(path.join(world.lab.run.pinRoot, 'progs/stream_out'));
      return program.info.id;
    };
    const earlier = idOf();
    world.namewall.startOperator();
    world.namewall.startAgent();
    const edited = edit(world, editedPolicy(), 'added.shop.example', 'removed.shop.example');
    const progress = { done: false };
    void edited.finally(() => (progress.done = true));
    do await everyoneAsks();
    while (!progress.done);
    await edited;
    assert.notEqual(idOf(), earlier, 'there are other programs');
    await everyoneAsks();
  });

  it('goes on when its cgroup is gone; a new one gets the rougher refusal', async () => {
    const { cgroup } = world.lab.run;
    const outside = path.join(path.dirname(cgroup), 'cgroup.procs');
    for (const pid of readFileSync(path.join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
      appendFileSync(outside, pid);
    }
    rmdirSync(cgroup);
    await everyoneAsks();
    for (const end of ends) await end.close();
    mkdirSync(cgroup);
    const end = await TcpEnd.open(shop, 'without', SERVER);
    await end.send(allowed(1));
    assert.deepEqual(await end.replies(1), [found(1)]);
    await end.send(forbidden(2));
    assert.deepEqual(await end.replies(2), [found(1)]);
    assert.equal(await end.state(), 'ECONNRESET');
    await end.close();
  });
});

describe('ten thousand connections of one pod', () => {
  for (const [size, most] of [
    [4_096, 256],
    [163_840, MANY],
  ] as const) {
    it(`with room for ${size} in all: ${most} pass, and the others are refused and counted`, async (t) => {
      const world = await policedWorld({ sizes: [`streams=${size}`] });
      try {
        const shop = world.lab.pod('shop');
        const crowd = await Crowd.start(world.lab, shop);
        const [{ open, answered, seconds }, count] = await counted(world, () =>
          crowd.ask(shop, MANY, 3, `${randomLabel()}.wild.example`),
        );
        t.diagnostic(`${open} open, ${answered} look-ups, ${seconds} s`);
        // Those of before that have not been forgotten yet have their place in the quota, too.
        assert(open <= most && open >= most - 4, `${open} are open`);
        assert.equal(answered, open * 3);
        assert.equal(count('STREAM_OPENED'), open);
        assert.equal(count('STREAM_QUOTA'), MANY - open);
        assert.equal(count('ANSWER_LEARNED'), answered);
      } finally {
        world.lab.dispose();
      }
    });
  }
});

describe('a connection for whose socket there is no room', () => {
  const ROOM = 32; // two of them for each pod: the refused connection keeps its place until it is idle for too long
  let world: World;
  const ends: TcpEnd[] = [];

  /** A pod whose policy only says what it would refuse has no quota of connections; its sockets take every place. */
  before(async () => {
    world = await makeWorld({ sizes: [`streams=${ROOM}`] });
    await startWithoutPolicy(world);
    world.namewall.write(
      'other.yaml',
      auditedPolicy().replace('name: shop', 'name: other').replace('app: shop', 'app: other'),
    );
    await enforce(world);
    using pins = PinnedDatapath.openPinned(world.lab.run.pinRoot);
    const selected = (): boolean => [...pins.maps.endpoints.entries()].filter(([, one]) => one.ruleset).length === 2;
    await until('both policies to take effect', () => Promise.resolve(selected()));
    const [, count] = await counted(world, async () => {
      for (let i = 0; i < ROOM; i += 1) ends.push(await TcpEnd.open(world.lab.pod('other'), `place-${i}`, SERVER));
    });
    assert.deepEqual([count('SOCKET_SEEN'), count('SOCKET_FULL')], [ROOM, 0]);
  });
  after(() => world.lab.dispose());

  /** An allowed name, then a forbidden one. */
  async function bothNames(name: string): Promise<[Reply[], string]> {
    const end = await TcpEnd.open(world.lab.pod('shop'), name, SERVER);
    await end.send(allowed(1));
    await end.replies(1);
    await end.send(forbidden(2));
    const outcome: [Reply[], string] = [await end.replies(2), await end.state()];
    await end.close();
    return outcome;
  }

  it('works, with the rougher refusal, and is counted', async () => {
    const [outcome, count] = await counted(world, () => bothNames('full'));
    assert.deepEqual(outcome, [[found(1)], 'ECONNRESET']);
    assert.deepEqual([count('SOCKET_SEEN'), count('SOCKET_FULL'), count('REPLY_RESET')], [0, 1, 1]);
  });

  it('has the gentler one again when there is room (the control)', async () => {
    for (const end of ends) await end.close();
    const [outcome, count] = await counted(world, () => bothNames('free'));
    assert.deepEqual(outcome, [[found(1), refused(2)], 'open']);
    assert.equal(count('SOCKET_FULL'), 0);
  });
});
