/** DNS over TCP, with the name servers and the kernel's TCP at both ends. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PinnedDatapath, type ReasonName } from '@namewall/datapath';
import { NAME_SERVERS } from '../src/lab/addresses.ts';
import { queryBytes } from '../src/lab/dns-bytes.ts';
import { Forger } from '../src/lab/forger.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { framed, type Reply, TcpEnd } from '../src/lab/tcp-end.ts';
import { Trickle } from '../src/lab/trickle.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

const SERVER = NAME_SERVERS.recursive.v4;
const [NOERROR, REFUSED] = [0, 5];
const allowed = (id: number): Buffer => framed(queryBytes(id, `${randomLabel()}.wild.example`));
const forbidden = (id: number): Buffer => framed(queryBytes(id, `${randomLabel()}.forbidden.example`));
const found = (id: number): Reply => [id, NOERROR, 1];
const refused = (id: number): Reply => [id, REFUSED, 0];
const octetsOf = (address: string): Buffer => Buffer.from(address.split('.').map(Number));
const byId = (replies: readonly Reply[]): Reply[] => replies.toSorted(([a], [b]) => a - b);

async function policedWorld(choices: Parameters<typeof makeWorld>[0] = {}): Promise<World> {
  const world = await makeWorld(choices);
  await startWithoutPolicy(world);
  await enforce(world);
  return world;
}

describe('DNS over TCP', () => {
  let world: World;
  let shop: Pod;
  before(async () => {
    world = await policedWorld();
    shop = world.lab.pod('shop');
  });
  after(() => world.lab.dispose());

  /** Sends octets in these writes over one connection and returns what comes back, by ID. */
  async function exchange(writes: readonly Buffer[], count: number): Promise<Reply[]> {
    const end = await TcpEnd.open(shop, randomLabel(), SERVER);
    await end.send(...writes);
    const replies = await end.replies(count);
    assert.equal(await end.state(), 'open');
    await end.close();
    return byId(replies);
  }

  it('an answer over it teaches', async () => {
    const answer = await lookUp(shop, freshName(), 'A', ['+tcp']);
    assert.equal(answer.rcode, 'NOERROR');
    assert.equal((await fetchFrom(shop, answer.addresses[0] ?? '')).result, 'open');
  });

  it('a truncated answer is asked again over it, and teaches what that left out', async () => {
    const cut = await lookUp(shop, 'large.wild.example', 'AAAA', ['+ignore']);
    assert(cut.addresses.length < 50);
    const whole = await lookUp(shop, 'large.wild.example', 'AAAA');
    assert.equal(whole.addresses.length, 50);
    for (const address of [whole.addresses.at(0) ?? '', whole.addresses.at(-1) ?? '']) {
      assert.equal((await fetchFrom(shop, `[${address}]`)).result, 'open', address);
    }
  });

  for (const server of [SERVER, NAME_SERVERS.recursive.v6]) {
    it(`a forbidden name is answered like over UDP, at ${server}`, async () => {
      const name = `${randomLabel()}.forbidden.example`;
      const [tcp, udp] = [await lookUp(shop, name, 'A', ['+tcp', `@${server}`]), await lookUp(shop, name)];
      assert.deepEqual([tcp.rcode, tcp.addresses], ['REFUSED', []]);
      assert.match(tcp.extendedError, /Blocked/);
      assert.equal(tcp.extendedError, udp.extendedError);
      const other = await lookUp(world.lab.pod('other'), name, 'A', ['+tcp']);
      assert.equal(other.rcode, 'NOERROR', 'a pod that no policy selects (the control)');
    });
  }

  it('its connection goes on, one question after the other', async () => {
    const end = await TcpEnd.open(shop, 'after', SERVER);
    const expected: Reply[] = [];
    for (let id = 1; id <= 40; id += 1) {
      const bad = id % 3 === 0;
      await end.send(bad ? forbidden(id) : allowed(id));
      expected.push(bad ? refused(id) : found(id));
      assert.deepEqual((await end.replies(id)).at(-1), expected.at(-1));
    }
    await end.close();
  });

  it('questions in one write have each their own outcome', async () => {
    const all = [forbidden(1), allowed(2), forbidden(3), forbidden(4), allowed(5), allowed(6), forbidden(7)];
    assert.deepEqual(await exchange([Buffer.concat(all)], 7), [
      refused(1),
      found(2),
      refused(3),
      refused(4),
      found(5),
      found(6),
      refused(7),
    ]);
  });

  it('allowed ones pass whole, whatever pieces they are written in', async () => {
    const five = Buffer.concat([1, 2, 3, 4, 5].map(allowed));
    for (const size of [1, 3, 45, 46, 47, 48, 49, 60, 91, 93, 100]) {
      const writes = Array.from({ length: Math.ceil(five.length / size) }, (_, i) =>
        five.subarray(i * size, (i + 1) * size),
      );
      assert.deepEqual(await exchange(writes, 5), [1, 2, 3, 4, 5].map(found), `${size} octets at a time`);
    }
  });

  it('a forbidden one that is written whole is answered, whatever stands before and behind it', async () => {
    const [first, second, third] = [allowed(1), forbidden(2), allowed(3)];
    const three = Buffer.concat([first, second, third]);
    const end = first.length + second.length;
    for (const cut of [1, 2, 20, first.length, end, end + 1, end + 2, end + 20]) {
      const replies = await exchange([three.subarray(0, cut), three.subarray(cut)], 3);
      assert.deepEqual(replies, [found(1), refused(2), found(3)], `cut at ${cut} of ${three.length}`);
    }
  });

  it('a forbidden one that is written in pieces ends the connection', async () => {
    const [first, second] = [allowed(1), forbidden(2)];
    const three = Buffer.concat([first, second, allowed(3)]);
    for (const into of [1, 2, 30, second.length - 1]) {
      const cut = first.length + into;
      const end = await TcpEnd.open(shop, randomLabel(), SERVER);
      await end.send(three.subarray(0, cut), three.subarray(cut));
      const replies = await end.replies(3);
      assert(
        replies.every(([id]) => id === 1),
        `cut at ${cut}: ${JSON.stringify(replies)}`,
      );
      assert.notEqual(await end.state(), 'open');
      await end.close();
    }
  });

  it('what is no plain question is refused too', async () => {
    const two = queryBytes(1, `${randomLabel()}.wild.example`);
    two.writeUInt16BE(2, 4);
    assert.deepEqual(await exchange([framed(two)], 1), [refused(1)]);
  });

  for (const [piece, rounds] of [
    [37, 10],
    [1, 1],
  ] as const) {
    it(`no look-up stalls and each answer teaches, ${piece} octets at a time, nine questions at once`, async () => {
      const trickle = await Trickle.start(world.lab, piece, shop);
      using pins = PinnedDatapath.openPinned(world.lab.run.pinRoot);
      const learned = (): bigint => pins.counters().get('ANSWER_LEARNED') ?? 0n;
      const known = learned();
      const { answered, stalled } = await trickle.ask(shop, 50, rounds, 9);
      assert.deepEqual([answered, stalled, learned() - known], [50 * rounds * 9, 0, BigInt(50 * rounds * 9)]);
      await trickle.end();
    });
  }

  it('what a pod forges into its own connection, past its kernel, is judged like everything else', async () => {
    const forger = new Forger(world.lab);
    using pins = PinnedDatapath.openPinned(world.lab.run.pinRoot);
    const count = (reason: ReasonName): bigint => pins.counters().get(reason) ?? 0n;
    for (const [name, reason] of [
      ['shop', 'QUERY_NO_RULE'],
      ['other', 'QUERY_UNFILTERED'],
    ] as const) {
      const pod = world.lab.pod(name);
      const end = await TcpEnd.open(pod, randomLabel(), SERVER);
      await end.send(allowed(1));
      assert.deepEqual(await end.replies(1), [found(1)]);
      const entry = [...pins.maps.streams.entries()].find(
        ([{ local, localPort }]) => localPort === end.port && Buffer.from(local).includes(octetsOf(pod.addresses.v4)),
      );
      assert(entry, 'the connection is followed');
      const [{ localPort }, { out, in: inward }] = entry;
      const earlier = { counted: count(reason), next: inward.next };
      await forger.send(pod.namespace, pod.hostEnd, {
        source: pod.addresses.v4,
        sourcePort: localPort,
        destination: SERVER,
        destinationPort: 53,
        payload: forbidden(2),
        segment: { sequence: out.next, acknowledgement: inward.next },
      });
      await until(`${reason} to be counted`, () => Promise.resolve(count(reason) > earlier.counted));
      if (name === 'shop') await until('the connection to be broken off', async () => (await end.state()) !== 'open');
      else {
        const answered = (): boolean => pins.maps.streams.get(entry[0])?.in.next !== earlier.next;
        await until('the resolver to have answered (the control)', () => Promise.resolve(answered()));
      }
      await end.close();
    }
  });

  it('a resolver that the pod plays itself teaches nothing', async () => {
    const [silent, forged] = [NAME_SERVERS.silent.v4, '203.0.113.231'];
    execFileSync('ip', ['-n', shop.namespace.name, 'addr', 'add', `${silent}/32`, 'dev', 'lo']);
    const program = path.join(import.meta.dirname, '../src/programs/lying-resolver.ts');
    const fake = shop.start('fake', [process.execPath, program, silent, '53', forged]);
    let end = await TcpEnd.open(shop, 'fooled', silent);
    while ((await end.state()) !== 'open') end = await TcpEnd.open(shop, randomLabel(), silent);
    await end.send(allowed(1));
    assert.deepEqual(await end.replies(1), [found(1)]);
    assert.equal((await fetchFrom(shop, forged)).result, 'refused');
    await end.close();
    await fake.end('SIGKILL');
    execFileSync('ip', ['-n', shop.namespace.name, 'addr', 'del', `${silent}/32`, 'dev', 'lo']);
  });

  it('the same answer from the net teaches (the control)', async () => {
    const [silent, forged] = [NAME_SERVERS.silent.v4, '203.0.113.232'];
    const program = path.join(import.meta.dirname, '../src/programs/lying-resolver.ts');
    world.lab.startInInternet('lying', [process.execPath, program, silent, '53', forged]);
    let end = await TcpEnd.open(shop, 'taught', silent);
    while ((await end.state()) !== 'open') end = await TcpEnd.open(shop, randomLabel(), silent);
    await end.send(allowed(1));
    assert.deepEqual(await end.replies(1), [found(1)]);
    assert.equal((await fetchFrom(shop, forged)).result, 'open');
    await end.close();
  });

  it('goes on with the agent killed, and comes to nothing with detach --all', async () => {
    await world.namewall.kill();
    assert.deepEqual(await exchange([Buffer.concat([allowed(1), forbidden(2)])], 2), [found(1), refused(2)]);
    const end = await TcpEnd.open(shop, 'open', SERVER);
    const { code, stderr } = await world.namewall.runCtl('detach', '--all');
    assert.equal(code, 0, stderr);
    await end.send(forbidden(1));
    assert.deepEqual(await end.replies(1), [found(1)], 'nothing stands in the way any more');
    await end.close();
  });
});

describe('DNS over TCP where sockets cannot be seen', () => {
  let world: World;
  before(async () => {
    world = await policedWorld({ sockets: false });
  });
  after(() => world.lab.dispose());

  it('a forbidden name ends the connection, and what came before it in the same segment is not asked either', async () => {
    const shop = world.lab.pod('shop');
    const end = await TcpEnd.open(shop, 'one', SERVER);
    await end.send(allowed(1));
    assert.deepEqual(await end.replies(1), [found(1)]);
    await end.send(Buffer.concat([allowed(2), forbidden(3)]));
    assert.deepEqual(await end.replies(2), [found(1)]);
    assert.equal(await end.state(), 'ECONNRESET');
  });
});
