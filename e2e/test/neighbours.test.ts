/** Other people's programs on the pod's cable: the same verdicts, and theirs unharmed. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { SERVERS } from '../src/lab/addresses.ts';
import { command, mustRun } from '../src/lab/command.ts';
import { inside } from '../src/lab/namespaces.ts';
import { Neighbour } from '../src/lab/neighbour.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { attachedIn } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

/** What they may call theirs; ours is 1. */
const PRIORITY = '7';
const OBJECT = resolve(import.meta.dirname, '../../build/test/neighbour.bpf.o');

for (const hook of ['auto', 'clsact'] as const) {
  describe(`beside another program, hook ${hook}`, () => {
    let world: World;
    const device = (): string => world.lab.pod('shop').hostEnd;
    const tc = (...args: string[]): Promise<string> => mustRun(inside(world.lab.node, ['tc', ...args]));

    before(async () => {
      world = await makeWorld({ hook });
      await startWithoutPolicy(world);
      await enforce(world);
    });
    afterEach(async () => {
      for (const direction of ['ingress', 'egress']) {
        const argv = ['tc', 'filter', 'del', 'dev', device(), direction, 'prio', PRIORITY];
        await command(inside(world.lab.node, argv));
      }
    });
    after(() => world.lab.dispose());

    /** Theirs counts what it sees and ends the chain with "pass". */
    async function theirs(direction: 'ingress' | 'egress' = 'ingress'): Promise<void> {
      await command(inside(world.lab.node, ['tc', 'qdisc', 'add', 'dev', device(), 'clsact']));
      const filter = ['bpf', 'direct-action', 'object-file', OBJECT, 'section', 'tc'];
      await tc('filter', 'add', 'dev', device(), direction, 'prio', PRIORITY, ...filter);
    }

    /** Packets that theirs has seen, since it stands there. */
    async function seen(direction: 'ingress' | 'egress' = 'ingress'): Promise<number> {
      const shown = await tc('filter', 'show', 'dev', device(), direction, 'prio', PRIORITY);
      const id = /\bid (\d+) name neighbour\b/u.exec(shown)?.[1] ?? '';
      const program = JSON.parse(await mustRun(['bpftool', '-j', 'prog', 'show', 'id', id])) as { map_ids: number[] };
      const dumped = await mustRun(['bpftool', '-j', 'map', 'dump', 'id', String(program.map_ids[0])]);
      return (JSON.parse(dumped) as { formatted: { value: number } }[])[0]?.formatted.value ?? 0;
    }

    async function verdictsHold(): Promise<void> {
      const shop = world.lab.pod('shop');
      assert.equal((await fetchFrom(shop, freshName())).result, 'open');
      assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`)).rcode, 'REFUSED');
      assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
    }

    const programs = async () => (await attachedIn(world.lab.node)).filter((one) => one.device === device());

    it('that ends the chain with "pass": verdicts are the same, and it sees what passes', async () => {
      await theirs();
      const earlier = await seen();
      await verdictsHold();
      assert.ok((await seen()) > earlier);
    });

    it('that removes its qdisc and makes it anew: what stood is back, and theirs stays', async () => {
      const stood = await programs();
      await theirs();
      await tc('qdisc', 'del', 'dev', device(), 'clsact');
      await theirs();
      const kinds = [...stood.map(({ kind }) => kind), 'clsact/ingress'].toSorted();
      await until('our programs to be back', async () => {
        const now = (await programs()).map(({ kind }) => kind).toSorted();
        return now.join() === kinds.join();
      });
      await verdictsHold();
      assert.ok((await seen()) > 0);
    });

    // Before clsact's filters a whole TCX chain runs: shadowed.test.ts.
    if (hook === 'auto') {
      it('that stands behind ours in a TCX chain: verdicts are the same, and it sees what passes', async () => {
        for (const direction of ['ingress', 'egress'] as const) {
          using behind = Neighbour.atEnd({ namespace: world.lab.node, device: device(), direction });
          await verdictsHold();
          assert.ok(behind.seen > 0n, direction);
        }
      });
    }

    it('on the way in too', async () => {
      await theirs('egress');
      const earlier = await seen('egress');
      await verdictsHold();
      assert.ok((await seen('egress')) > earlier);
    });
  });
}
