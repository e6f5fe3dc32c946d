/** What the agent hears of links and filters, in a network namespace of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { inNetns } from '@namewall/libbpf';
import { LinkWatch } from '../src/node/link-watch.ts';
import { clearLeftovers, until, World } from './lab/world.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test('a link and a qdisc are news each; a watch that ends is started again', async () => {
  clearLeftovers();
  await using world = new World();
  let news = 0;
  using watch = inNetns(world.host, () => new LinkWatch(log, () => news++));
  const name = world.host.replace('/run/netns/', '');
  const heard = async (what: string, ...argv: readonly [string, ...string[]]): Promise<void> => {
    const [program, ...args] = argv;
    const before = news;
    // It may not listen yet: what is done again until it is heard leaves the same behind.
    await until(what, () => {
      execFileSync(program, args);
      return news > before;
    });
  };
  await heard('a link', 'sh', '-c', `ip -n ${name} link add d0 type veth peer name d1; ip -n ${name} link del d0`);
  execFileSync('ip', ['-n', name, 'link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1']);
  await heard('a qdisc', 'sh', '-c', `tc -n ${name} qdisc add dev d0 clsact; tc -n ${name} qdisc del dev d0 clsact`);
  const pids = watch.pids;
  assert.equal(pids.length, 2);
  for (const pid of pids) process.kill(pid);
  await until('both to be there again', () => watch.pids.length === 2 && !watch.pids.some((pid) => pids.includes(pid)));
});
