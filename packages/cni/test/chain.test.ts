/** The plugin behind other people's, called as a runtime calls it. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { NwEndpointFlag, NwRulesetFlag } from '@namewall/datapath';
import { environment, PluginError, runPlugin, type Sandbox } from './lab/runtime.ts';
import { clearLeftovers, Node, pinQuarantine, pinRuleset, slotOf, tellOf } from './lab/world.ts';

before(clearLeftovers);

const OURS = [{}, { hook: 'clsact' }] as const;

for (const arrangement of ['ptp', 'bridge'] as const) {
  for (const ours of OURS) {
    const kind = 'hook' in ours ? 'clsact' : 'tcx';
    test(`${arrangement}, ${kind}: a pod that the agent was told of comes up with its ruleset, no agent running`, async () => {
      using node = new Node();
      const dp = node.root.open();
      const ruleset = dp.allocate('ruleset');
      pinRuleset(dp, ruleset, NwRulesetFlag.ISOLATED);
      const number = tellOf(dp, 'uid-told', ruleset);
      const sandbox = node.sandbox('uid-told');
      const runtime = node.runtime(arrangement, ours);
      const result = await runtime.add(sandbox);
      assert.ok((result as { ips: unknown[] }).ips.length === 1, 'the result of the plugin before us');
      assert.deepEqual(
        node.hooks(dp).map(({ endpoint, direction, kind: set, attached }) => [endpoint, direction, set, attached]),
        [
          [number, 'out', kind, true],
          [number, 'in', kind, true],
        ],
      );
      assert.equal(node.reaches(sandbox), true, 'a reset of ours is an answer too');
      assert.ok((dp.counters().get('DENY_UNKNOWN') ?? 0n) > 0n, 'it was refused by its ruleset');
      const slot = slotOf(dp, number);
      assert.equal(
        Buffer.from(slot?.addresses[0] ?? [])
          .subarray(10, 15)
          .toString('hex'),
        'ffffc63364',
        '::ffff:198.51.100.x',
      );
      assert.equal(dp.maps.netns.get(slot?.netnsCookie ?? 0n), number);
      await runtime.check(sandbox);

      await runtime.del(sandbox);
      assert.deepEqual(node.hooks(dp), []);
      assert.equal(slotOf(dp, number)?.ruleset, ruleset, 'the pod is still wanted: a new sandbox gets it again');
      const next = node.sandbox('uid-told');
      await runtime.add(next);
      assert.equal(node.hooks(dp).length, 2);
      const anew = slotOf(dp, number);
      assert.notDeepEqual(anew?.addresses, slot?.addresses, 'it has addresses of its own');
      assert.notEqual(anew?.netnsCookie, slot?.netnsCookie);
      assert.equal(dp.maps.netns.get(slot?.netnsCookie ?? 0n), undefined);
      await runtime.del(sandbox);
      assert.equal(node.hooks(dp).length, 2, 'a late DEL of the old sandbox does not touch the new one');
      await runtime.del(next);
    });
  }
}

test('a pod that nobody has told of: open, counted, and forgotten with its sandbox', async () => {
  using node = new Node();
  const dp = node.root.open();
  const runtime = node.runtime('ptp');
  for (let round = 0; round < 20; round++) {
    const sandbox = node.sandbox(`uid-${round}`);
    await runtime.add(sandbox);
    const pod = dp.maps.pods.get({ uid: sandbox.uid });
    assert.equal(pod?.flags, NwEndpointFlag.UNKNOWN);
    assert.deepEqual([pod.namespace, pod.name, pod.netns], ['shop', 'pod', sandbox.netns]);
    assert.equal(node.reaches(sandbox), true);
    await runtime.del(sandbox);
    assert.equal(dp.maps.pods.get({ uid: sandbox.uid }), undefined);
    node.destroy(sandbox);
  }
  assert.equal([...dp.maps.flows.keys()].length, 0, 'twenty pods on eight slots leave nothing');
  assert.equal(dp.counters().get('DENY_UNKNOWN') ?? 0n, 0n);
});

test('a pod that nobody has told of, quarantined: the cluster and resolvers only', async () => {
  using node = new Node();
  const dp = node.root.open();
  const quarantine = pinQuarantine(dp);
  const runtime = node.runtime('ptp', { unknownPods: 'Quarantine' });
  const sandbox = node.sandbox('uid-q');
  await runtime.add(sandbox);
  const number = dp.maps.pods.get({ uid: 'uid-q' })?.endpoint ?? 0;
  assert.equal(slotOf(dp, number)?.ruleset, quarantine);
  node.reaches(sandbox);
  assert.equal(dp.counters().get('DENY_UNKNOWN'), 1n);
  dp.maps.ranges.set({ prefixLength: 128, address: Buffer.from('00000000000000000000ffffcb007101', 'hex') }, 1);
  node.reaches(sandbox);
  assert.equal(dp.counters().get('DENY_UNKNOWN'), 1n);
  assert.ok((dp.counters().get('PASS_RANGE') ?? 0n) > 0n);
});

test('nothing is pinned: open pods come up, with quarantine the runtime is told to try again', async () => {
  using node = new Node();
  const open = node.sandbox('uid-o');
  await node.runtime('ptp').add(open);
  assert.ok(node.reaches(open));
  const closed = node.runtime('ptp', { unknownPods: 'Quarantine' });
  await assert.rejects(closed.add(node.sandbox('uid-c')), (error: unknown) => {
    assert.ok(error instanceof PluginError);
    assert.equal(error.code, 100);
    return /is not pinned: start the agent/.test(error.message);
  });
  assert.equal((await closed.only('STATUS')).code, 1);
  assert.equal((await node.runtime('ptp').only('STATUS')).code, 0);
});

test('no number is free: an open pod comes up with a note for the agent, and a pod that is wanted still has its own', async () => {
  using node = new Node();
  const dp = node.root.open();
  for (let i = 0; i < dp.sizes.endpoints; i++) tellOf(dp, `uid-${i}`, 0);
  const runtime = node.runtime('ptp');
  await runtime.add(node.sandbox('uid-more'));
  assert.match(node.note('uid-more') ?? '', /no endpoint number is free/);
  assert.deepEqual(node.hooks(dp), []);
  await runtime.add(node.sandbox('uid-3'));
  assert.equal(node.hooks(dp).length, 2);
});

test('GC removes what is not in its list, and nothing without one', async () => {
  using node = new Node();
  const dp = node.root.open();
  const runtime = node.runtime('ptp');
  const kept = node.sandbox('uid-kept');
  const gone = node.sandbox('uid-gone');
  for (const sandbox of [kept, gone]) await runtime.add(sandbox);
  const none = await runtime.only('GC');
  assert.equal(none.code, 1);
  assert.equal(node.hooks(dp).length, 4);
  const valid = [{ containerID: kept.container, ifname: 'eth0' }];
  assert.deepEqual(await runtime.only('GC', { 'cni.dev/valid-attachments': valid }), {
    code: 0,
    stdout: '',
    stderr: '',
  });
  assert.deepEqual(
    [...dp.maps.pods.keys()].map(({ uid }) => uid),
    ['uid-kept'],
  );
  assert.equal(node.hooks(dp).length, 2);
});

test('macvlan: an open pod comes up with a note that names the interface, a quarantined one does not', async () => {
  using node = new Node();
  node.root.open();
  const runtime = node.runtime('macvlan');
  await runtime.add(node.sandbox('uid-m'));
  assert.match(node.note('uid-m') ?? '', /eth0 in \/run\/netns\/\S+ is macvlan: only pods on a veth cable/);
});

test('CHECK says when a hook is gone', async () => {
  using node = new Node();
  const dp = node.root.open();
  const runtime = node.runtime('ptp');
  const sandbox = node.sandbox('uid-x');
  await runtime.add(sandbox);
  await runtime.check(sandbox);
  dp.detach(dp.maps.pods.get({ uid: 'uid-x' })?.endpoint ?? 0);
  await assert.rejects(runtime.check(sandbox), /a hook of endpoint \d+, pod uid-x, is gone/);
});

/** Our plugin alone, behind a result that there is already. */
async function only(node: Node, command: 'ADD' | 'DEL', sandbox: Sandbox, ours: object, prevResult: unknown) {
  const { plugins, ...list } = node.list('ptp', { ...ours });
  const input = JSON.stringify({ ...list, ...plugins[1], prevResult });
  const { code, stdout } = await runPlugin(node.host, 'namewall-cni', environment(command, sandbox), input);
  assert.equal(code, 0, stdout);
}

test('net → pod read inside, by clsact: the qdisc that somebody else has put on the host’s end stays', async () => {
  using node = new Node();
  const dp = node.root.open();
  const sandbox = node.sandbox('uid-i');
  const result = await node.runtime('ptp', 'absent').add(sandbox);
  node.tc(sandbox, 'qdisc', 'add', 'clsact');
  const ours = { hook: 'clsact', inbound: 'Pod' };
  await only(node, 'ADD', sandbox, ours, result);
  assert.deepEqual(
    node.hooks(dp).map(({ direction, place, attached }) => [direction, place.side, place.netns, attached]),
    [
      ['out', 'ingress', undefined, true],
      ['in', 'ingress', sandbox.netns, true],
    ],
  );
  await only(node, 'DEL', sandbox, ours, result);
  assert.equal(node.tc(sandbox, 'filter', 'show', 'ingress'), '');
  assert.match(node.tc(sandbox, 'qdisc', 'show'), /^qdisc clsact /mu);
});

for (const hook of ['auto', 'clsact']) {
  test(`net → pod moved inside, by ${hook}: the filter at the host’s end goes, with all of it our qdisc`, async () => {
    using node = new Node();
    const dp = node.root.open();
    const sandbox = node.sandbox('uid-m');
    const result = await node.runtime('ptp', { hook: 'clsact' }).add(sandbox);
    assert.match(node.tc(sandbox, 'filter', 'show', 'egress'), / nw_in /u);
    await only(node, 'ADD', sandbox, { hook, inbound: 'Pod' }, result);
    assert.equal(node.tc(sandbox, 'filter', 'show', 'egress'), '');
    assert.match(node.tc(sandbox, 'filter', 'show', 'ingress'), / nw_out /u);
    assert.deepEqual(
      node.hooks(dp).map(({ direction, place, attached }) => [direction, place.side, attached]),
      [
        ['out', 'ingress', true],
        ['in', 'ingress', true],
      ],
    );
    await only(node, 'DEL', sandbox, {}, result);
    assert.doesNotMatch(node.tc(sandbox, 'qdisc', 'show'), /clsact/u);
  });
}
