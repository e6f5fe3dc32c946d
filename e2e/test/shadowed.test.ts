/** Programs of others that stand before ours, or hand packets to the pod past ours: mended, or told. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ifIndex, inNetns } from '@namewall/libbpf';
import { SERVERS } from '../src/lab/addresses.ts';
import { command, mustRun } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { Neighbour } from '../src/lab/neighbour.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { agentLog, enforce, startWithoutPolicy, statesOf } from '../src/lab/scenario.ts';
import { attachedIn } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

/** The order of filters is looked at every ten seconds. */
const PATIENTLY = { deadline: 30_000 };

async function enforcing(hook: 'auto' | 'clsact'): Promise<World> {
  const world = await makeWorld({ hook });
  await startWithoutPolicy(world);
  await enforce(world);
  return world;
}

const place = ({ lab }: World) =>
  ({ namespace: lab.node, device: lab.pod('shop').hostEnd, direction: 'ingress' }) as const;

/** With the agent stopped, so that nobody mends it, then with the agent. */
async function openOnlyWithoutAgent(world: World): Promise<void> {
  const shop = world.lab.pod('shop');
  const reaches = async (): Promise<string> => (await fetchFrom(shop, SERVERS.nameless.v4)).result;
  assert.equal(await reaches(), 'open', 'the control: nothing mends it');
  signal(world, 'SIGCONT');
  await until('ours to be first again', async () => (await reaches()) === 'refused', PATIENTLY);
  assert.equal((await fetchFrom(shop, freshName())).result, 'open');
  assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`)).rcode, 'REFUSED');
}

function signal({ namewall: { agent } }: World, name: 'SIGSTOP' | 'SIGCONT'): void {
  assert.ok(agent);
  process.kill(agent.pid, name);
}

describe('in a TCX chain', () => {
  let world: World;
  before(async () => {
    world = await enforcing('auto');
  });
  after(() => world.lab.dispose());

  it('one that puts itself before ours and ends the chain is behind it within a second, and sees what passes', async () => {
    signal(world, 'SIGSTOP');
    using theirs = Neighbour.atHead(place(world));
    await openOnlyWithoutAgent(world);
    const earlier = theirs.seen;
    assert.equal((await fetchFrom(world.lab.pod('shop'), freshName())).result, 'open');
    assert.ok(theirs.seen > earlier, 'it is unharmed');
    await until('all to be well', () => statesOf(world, 'shop').at(-1) === 'Attached', PATIENTLY);
  });
});

describe('in a clsact chain', () => {
  let world: World;
  const device = (): string => world.lab.pod('shop').hostEnd;
  const tc = (...args: string[]): Promise<string> => mustRun(inside(world.lab.node, ['tc', ...args]));
  before(async () => {
    world = await enforcing('clsact');
  });
  after(() => world.lab.dispose());

  it('a filter of our priority that is set later runs first, until ours is moved before it', async () => {
    signal(world, 'SIGSTOP');
    const filter = ['bpf', 'direct-action', 'object-file', 'build/test/neighbour.bpf.o', 'section', 'tc'];
    await tc('filter', 'add', 'dev', device(), 'ingress', 'prio', '1', 'handle', '9', ...filter);
    await openOnlyWithoutAgent(world);
    const shown = await tc('filter', 'show', 'dev', device(), 'ingress');
    const handles = [...shown.matchAll(/ handle (0x[\da-f]+) /gu)].map(([, handle]) => handle);
    assert.deepEqual(handles, ['0x4e57', '0x9'], 'theirs stays, and nothing of ours twice');
    await tc('filter', 'del', 'dev', device(), 'ingress', 'prio', '1', 'handle', '9', 'bpf');
    await until('all to be well', () => statesOf(world, 'shop').at(-1) === 'Attached', PATIENTLY);
  });

  it('a TCX program runs before any filter: it is told as HookShadowed while it is there', async () => {
    using theirs = Neighbour.atHead(place(world));
    await until('it to be told', () => statesOf(world, 'shop').at(-1) === 'HookShadowed', PATIENTLY);
    assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'open', 'what is told is true');
    theirs[Symbol.dispose]();
    await until('all to be well', () => statesOf(world, 'shop').at(-1) === 'Attached', PATIENTLY);
    assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'refused');
  });

  it('a filter of somebody else at our very place is left alone, and told', async () => {
    const filter = ['bpf', 'direct-action', 'object-file', 'build/test/neighbour.bpf.o', 'section', 'tc'];
    await tc('filter', 'replace', 'dev', device(), 'ingress', 'prio', '1', 'handle', '0x4e57', ...filter);
    await until('it to be told', () => statesOf(world, 'shop').at(-1) === 'AttachFailed', PATIENTLY);
    assert.match(await tc('filter', 'show', 'dev', device(), 'ingress'), /handle 0x4e57 .*\bname neighbour\b/u);
    await tc('filter', 'del', 'dev', device(), 'ingress', 'prio', '1', 'handle', '0x4e57', 'bpf');
    await until('all to be well', () => statesOf(world, 'shop').at(-1) === 'Attached', { deadline: 60_000 });
    assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'refused');
  });
});

for (const hook of ['auto', 'clsact'] as const) {
  describe(`a network that hands packets to the pod by bpf_redirect_peer, hook ${hook}`, () => {
    let world: World;
    let theirs: Neighbour;
    before(async () => {
      world = await enforcing(hook);
      await command(inside(world.lab.node, ['tc', 'qdisc', 'add', 'dev', 'uplink', 'clsact']));
      const namespace = world.lab.node;
      theirs = Neighbour.redirecting({ namespace, device: 'uplink', direction: 'ingress' }, peerOf(world));
    });
    after(() => {
      theirs[Symbol.dispose]();
      world.lab.dispose();
    });

    it('what comes in is read inside the pod once it is known to come past the host’s end', async () => {
      const shop = world.lab.pod('shop');
      const first = await fetchFrom(shop, freshName());
      assert.notEqual(first.result, 'open', 'the control: the answer was not seen, so its address is not open');
      const open = async (): Promise<boolean> => (await fetchFrom(shop, freshName())).result === 'open';
      await until('names to be learned', open, PATIENTLY);
      await until('all to be well', () => statesOf(world, 'shop').at(-1) === 'Attached', PATIENTLY);
      assert.match(agentLog(world), /"inbound":"pod","reason":"NoReplies".*"hooks are set anew"/u);
      assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`)).rcode, 'REFUSED');
      assert.equal((await fetchFrom(shop, `${randomLabel()}.forbidden.example`)).result, 'name refused');
      assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
    });

    it('and so the CNI plugin is told to read it there, also by the next agent', async () => {
      const { namewall, lab } = world;
      const folders = ['bin', 'net.d'].map((name) => lab.run.file('cni', name));
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      const [bin = '', conf = ''] = folders;
      const list = path.join(conf, '10-pods.conflist');
      writeFileSync(list, JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp' }] }));
      await namewall.agent?.end('SIGKILL');
      namewall.startAgent(
        '--cni-bin-dir',
        bin,
        '--cni-conf-dir',
        conf,
        '--cni-plugin',
        path.resolve('build/namewall-cni'),
      );
      const chained = (): boolean => /"type": ?"namewall-cni"[^}]+"inbound": ?"Pod"/u.test(readFileSync(list, 'utf8'));
      await until('the entry', chained, PATIENTLY);
    });

    // Looked at every ten seconds: one method of attaching is enough.
    if (hook !== 'auto') return;
    it('at the host’s end again once answers are known to come through it', async () => {
      await mustRun(inside(world.lab.node, ['tc', 'filter', 'del', 'dev', 'uplink', 'ingress']));
      const shop = world.lab.pod('shop');
      const back = async (): Promise<boolean> => {
        assert.equal((await lookUp(shop, freshName())).rcode, 'NOERROR');
        // Refusals come past the host's end too: that they are counted shows that this kernel counts such packets.
        assert.equal((await lookUp(shop, 'forbidden.example')).rcode, 'REFUSED');
        return /"inbound":"host".*"hooks are set anew"/u.test(agentLog(world));
      };
      await until('the hook to be set back', back, { deadline: 60_000 });
      const programs = (await attachedIn(world.lab.node)).filter(({ device }) => device === shop.hostEnd);
      assert.deepEqual(
        programs.map(({ kind }) => kind),
        ['tcx/ingress', 'tcx/egress'],
      );
      assert.equal((await fetchFrom(shop, freshName())).result, 'open');
      assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
    });
  });
}

/** struct peer of redirect_peer.bpf.c. */
function peerOf({ lab }: World): Uint8Array {
  const shop = lab.pod('shop');
  const peer = Buffer.alloc(16);
  peer.writeUInt32LE(inNetns(lab.node.path, () => ifIndex(shop.hostEnd)));
  peer.set(shop.addresses.v4.split('.').map(Number), 4);
  const links = inNetns(shop.namespace.path, () => networkInterfaces());
  peer.set(
    (links['eth0']?.[0]?.mac ?? '').split(':').map((octet) => Number.parseInt(octet, 16)),
    8,
  );
  return peer;
}
