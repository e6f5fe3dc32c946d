/** Pods with CAP_NET_ADMIN in their own namespace: what they cannot bring about, and what is told of what they can. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NAME_SERVERS, SERVERS } from '../src/lab/addresses.ts';
import { mustRun } from '../src/lab/command.ts';
import { queryBytes } from '../src/lab/dns-bytes.ts';
import { type Namespace, inside, makeNamespace } from '../src/lab/namespaces.ts';
import { Neighbour } from '../src/lab/neighbour.ts';
import type { Pod } from '../src/lab/pod.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { agentLog, enforce, startWithoutPolicy, statesOf } from '../src/lab/scenario.ts';
import { attachedIn } from '../src/lab/traces.ts';
import { UdpEnd, udpEndArgv } from '../src/lab/udp-end.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

const PATIENTLY = { deadline: 30_000 };
/** Each of several queries is a doubt of its own: more than the agent bears with. */
const UNANSWERED = 24;

describe('a pod with CAP_NET_ADMIN', () => {
  let world: World;
  let shop: Pod;
  before(async () => {
    world = await makeWorld();
    await startWithoutPolicy(world);
    await enforce(world);
    shop = world.lab.pod('shop');
  });
  after(() => world.lab.dispose());

  const inPod = (program: 'ip' | 'tc', line: string): Promise<string> =>
    mustRun(inside(shop.namespace, [program, ...line.split(' ')]));
  const reason = (): string | undefined => statesOf(world, 'shop').at(-1);
  const becomes = (wanted: string): Promise<unknown> => until(wanted, () => reason() === wanted, PATIENTLY);
  /** Where our programs stand, of both ends that there may be. */
  const hooked = async (devices: readonly string[]): Promise<string[]> => {
    const programs = await attachedIn(world.lab.node);
    return programs.filter(({ device }) => devices.includes(device)).map(({ device, kind }) => `${device} ${kind}`);
  };
  const atHost = (): string[] => [`${shop.hostEnd} tcx/ingress`, `${shop.hostEnd} tcx/egress`];

  it('does not have answers read inside it by questions that nobody answers, nor by refusals', async () => {
    const { v4 } = NAME_SERVERS.silent;
    world.lab.startInInternet('silent', udpEndArgv(v4, 53), { converse: true });
    const client = new UdpEnd(shop.start('client', udpEndArgv(shop.addresses.v4, 40_000)));
    for (let id = 1; id <= UNANSWERED; id++) await client.send(queryBytes(id, `${randomLabel()}.wild.example`), v4, 53);
    await becomes('NoReplies');
    // What we refuse it comes past the host's end as well: looked at several times meanwhile.
    for (const end = performance.now() + 3500; performance.now() < end;) {
      assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`)).rcode, 'REFUSED');
      assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
    }
    assert.deepEqual(await hooked([shop.hostEnd]), atHost());
    assert.doesNotMatch(agentLog(world), /"inbound":"pod"/u, 'the control is in shadowed.test.ts');
    assert.equal((await fetchFrom(shop, freshName())).result, 'open');
    await becomes('Attached');
    await client.end();
  });

  it('gets past its policy by an ifb, which is told for as long as it is there', async () => {
    const { v4 } = SERVERS.nameless;
    const far = new UdpEnd(world.lab.startInInternet('far', udpEndArgv(v4, 4444), { converse: true }));
    const client = new UdpEnd(shop.start('sender', udpEndArgv(shop.addresses.v4, 40_001)));
    const send = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await client.send(Buffer.from(randomLabel()), v4, 4444);
    };
    await send(20);
    assert.equal((await fetchFrom(shop, freshName())).result, 'open', 'all that was sent before is decided');
    assert.deepEqual(await far.got(), [], 'the control: without it nothing arrives');
    for (const line of ['link add i0 type ifb', 'link set i0 up']) await inPod('ip', line);
    // Slowly enough that they are behind the filter that sends them there.
    await inPod('tc', 'qdisc add dev i0 root tbf rate 16kbit burst 200 latency 20s');
    await inPod('tc', 'qdisc add dev eth0 clsact');
    const match = `match ip dst ${v4}/32 action mirred egress redirect dev i0`;
    await inPod('tc', `filter add dev eth0 egress protocol ip prio 1 u32 ${match}`);
    await send(20);
    await inPod('tc', 'filter del dev eth0 egress');
    await until('what is told to be true', async () => (await far.got()).length > 0);
    await becomes('UnsupportedInterface');
    assert.match(agentLog(world), /only eth0 is policed, and i0 \(ifb\) also leads out of the pod/u);
    await inPod('ip', 'link del i0');
    await becomes('Attached');
    for (const end of [far, client]) await end.end();
  });

  it('does not have another cable policed in place of its own, whatever it calls them and wherever it puts them', async () => {
    const ends = [shop.hostEnd, 'second'];
    const { name } = shop.namespace;
    await mustRun([
      'ip',
      '-n',
      world.lab.node.name,
      ...`link add second type veth peer name net1 netns ${name}`.split(' '),
    ]);
    await becomes('UnsupportedInterface');
    await inPod('ip', 'link set eth0 down');
    for (const line of ['eth0 name old', 'net1 name eth0', 'old up']) await inPod('ip', `link set ${line}`);
    await inPod('ip', 'route add 198.18.0.1 dev old scope link');
    await inPod('ip', `route add default via 198.18.0.1 src ${shop.addresses.v4}`);
    using theirs = Neighbour.atHead({ namespace: world.lab.node, device: shop.hostEnd, direction: 'ingress' });
    const said = agentLog(world).length;
    await until(
      'the hooks to be set anew',
      () => agentLog(world).slice(said).includes('hooks are set anew'),
      PATIENTLY,
    );
    await until('ours to be first', async () => (await fetchFrom(shop, SERVERS.nameless.v4)).result === 'refused');
    theirs[Symbol.dispose]();
    assert.deepEqual(await hooked(ends), atHost());
    const nested: Namespace = makeNamespace(world.lab.run, 'nested');
    await inPod('ip', `link set old netns ${nested.name}`);
    const told =
      /its hooks stand at interface \d+, whose other end is no longer in .*; eth0 is there, and not policed/u;
    await until('it to be told', () => told.test(agentLog(world)), PATIENTLY);
    assert.deepEqual(await hooked(ends), atHost());
  });
});
