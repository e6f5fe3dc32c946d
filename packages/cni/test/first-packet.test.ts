/** What gets out of a pod between its first instruction and its ruleset. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { NwRulesetFlag } from '@namewall/datapath';
import { Peer } from './lab/peer.ts';
import { clearLeftovers, Node, type Ours, pinQuarantine, pinRuleset, tellOf } from './lab/world.ts';

before(clearLeftovers);

const TARGET = '203.0.113.1';
const PORT = '9000';
const COUNT = 500;

/** Makes a pod whose first process dials as soon as its network is said to be there. @returns datagrams that got out */
async function dial(node: Node, ours: Ours): Promise<number> {
  const sandbox = node.sandbox('uid-first');
  await using sink = await Peer.start(node.host, 'sink.ts', [TARGET, PORT]);
  await using pod = await Peer.start(sandbox.netns, 'dialler.ts', [TARGET, PORT, String(COUNT)]);
  await node.runtime('ptp', ours).add(sandbox);
  await pod.ask('go');
  return Number(await sink.ask('how many'));
}

test('control: with no plugin of ours in the chain the pod’s first packets get out', async () => {
  using node = new Node();
  const dp = node.root.open();
  const ruleset = dp.allocate('ruleset');
  pinRuleset(dp, ruleset, NwRulesetFlag.ISOLATED);
  tellOf(dp, 'uid-first', ruleset);
  assert.ok((await dial(node, 'absent')) > 0);
});

test('with the plugin chained none gets out: the ruleset is there first, no agent running', async () => {
  using node = new Node();
  const dp = node.root.open();
  const ruleset = dp.allocate('ruleset');
  pinRuleset(dp, ruleset, NwRulesetFlag.ISOLATED);
  tellOf(dp, 'uid-first', ruleset);
  assert.equal(await dial(node, {}), 0);
  assert.ok((dp.counters().get('DENY_UNKNOWN') ?? 0n) > 0n, 'it did dial');
});

test('nor from a pod that nobody has told of, where such pods are quarantined', async () => {
  using node = new Node();
  const dp = node.root.open();
  pinQuarantine(dp);
  assert.equal(await dial(node, { unknownPods: 'Quarantine' }), 0);
  assert.ok((dp.counters().get('DENY_UNKNOWN') ?? 0n) > 0n, 'it did dial');
});
