/** The agent with exactly the capabilities that the chart gives it, and with each of them missing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseCapabilities } from '@namewall/libbpf';
import { privilegedOf } from '@namewall/privileged/testing';
import { SERVERS } from '../src/lab/addresses.ts';
import { type ProgramOf, fromSources } from '../src/lab/namewall.ts';
import { fetchFrom, lookUp } from '../src/lab/probes.ts';
import { enforce, startWithoutPolicy } from '../src/lab/scenario.ts';
import { traces } from '../src/lab/traces.ts';
import { until } from '../src/lab/until.ts';
import { type World, freshName, makeWorld, randomLabel } from '../src/lab/world.ts';

const CHART = path.join(import.meta.dirname, '../../charts/namewall/templates/_helpers.tpl');

/** As the chart's template lists them: `BPF`. */
const granted = (/add: \[(.*)\]/u.exec(readFileSync(CHART, 'utf8'))?.[1] ?? '').split(', ');

/** Runs the agent as a container with these capabilities does: no others to be had, by no means. */
const withOnly = (names: readonly string[]): ProgramOf => {
  const set = ['-all', ...names.map((name) => `+${name.toLowerCase()}`)].join(',');
  const setpriv = ['setpriv', '--bounding-set', set, '--inh-caps', '-all', '--no-new-privs'];
  return (name, flags) => [...(name === 'agent' ? setpriv : []), ...fromSources(name, flags)];
};

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');

describe('an agent with the capabilities of the chart and no others', () => {
  let world: World;
  before(async () => {
    world = await makeWorld({ programOf: withOnly(granted) });
    await startWithoutPolicy(world);
    await enforce(world);
  });
  after(() => world.lab.dispose());

  it('has those but CAP_SYS_ADMIN, which only the small process beside it has', () => {
    assert.deepEqual(granted.toSorted(), ['BPF', 'NET_ADMIN', 'PERFMON', 'SYS_ADMIN']);
    const agent = world.namewall.agent?.pid ?? 0;
    const [own, beside] = [agent, privilegedOf(agent)].map(statusOf);
    assert.deepEqual([...parseCapabilities(own ?? '')].toSorted(), ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON']);
    assert.deepEqual([...parseCapabilities(beside ?? '')].toSorted(), ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']);
    for (const status of [own, beside]) assert.match(status ?? '', /^NoNewPrivs:\s+1$/mu);
    // The control: this test has more, which it could have passed on.
    assert.ok(parseCapabilities(statusOf(process.pid)).size > granted.length);
  });

  it('learns, lets through and refuses, over UDP and TCP', async () => {
    const shop = world.lab.pod('shop');
    for (const extra of [[], ['+tcp']]) {
      const name = freshName();
      assert.equal((await lookUp(shop, name, 'A', extra)).rcode, 'NOERROR');
      assert.equal((await fetchFrom(shop, name)).result, 'open');
      assert.equal((await lookUp(shop, `${randomLabel()}.forbidden.example`, 'A', extra)).rcode, 'REFUSED');
    }
    assert.equal((await fetchFrom(shop, SERVERS.nameless.v4)).result, 'refused');
  });

  it('takes over what its predecessor left', async () => {
    await world.namewall.agent?.end('SIGKILL');
    world.namewall.startAgent();
    await until('the new agent to be in sync', async () => {
      return /^operator: +synced/mu.test((await world.namewall.runCtl('status')).stdout);
    });
    assert.equal((await fetchFrom(world.lab.pod('shop'), freshName())).result, 'open');
    assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'refused');
  });
});

for (const dropped of granted) {
  describe(`an agent without CAP_${dropped}`, () => {
    let world: World;
    before(async () => {
      const rest = granted.filter((name) => name !== dropped);
      world = await makeWorld({ programOf: withOnly(rest) });
    });
    after(() => world.lab.dispose());

    it('says so, with what it is for, and leaves nothing half done', async () => {
      assert.deepEqual(await traces(world.lab), []);
      world.namewall.startOperator();
      world.namewall.startAgent();
      const { agent } = world.namewall;
      assert.equal((await agent?.exited)?.code, 1);
      const said = readFileSync(agent?.log ?? '', 'utf8');
      assert.match(
        said,
        new RegExp(`^namewall-agent: missing capabilities: CAP_${dropped} \\(to [^()]+\\)\n  fix: `, 'u'),
      );
      assert.deepEqual(await traces(world.lab), []);
      assert.equal((await fetchFrom(world.lab.pod('shop'), SERVERS.nameless.v4)).result, 'open');
    });
  });
}
