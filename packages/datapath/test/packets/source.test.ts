/** Packets of the pod's that bear another's address: they might come round by the node, or be answered to that other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRangeFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, NAME } from './asking.ts';
import { mapped, POD, POD6, TCP, tcp, udp } from './frames.ts';
import { query, response, TYPE } from './messages.ts';
import { ACTION, ENDPOINT, RESOLVER, World } from './world.ts';

const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;
const EVIL = '203.0.113.66';
const EVIL6 = '2001:db8:66::1';
const OTHER = '198.18.0.11';
const TARGET = '203.0.113.67';

/** A world that knows the pod's addresses; those around it are the cluster's. */
function known(...own: string[]): World {
  const world = new World();
  world.addresses = [...own.map(mapped), new Uint8Array(16), new Uint8Array(16)].slice(0, 2);
  world.maps.ranges.set({ prefixLength: 112, address: mapped('198.18.0.0') }, NwRangeFlag.CLUSTER);
  world.maps.ranges.set({ prefixLength: 48, address: mapped('2001:db8:1::') }, NwRangeFlag.CLUSTER);
  world.unselect();
  return world;
}

const both = (): World => known(POD, POD6);
const datagram = (source: string, destination: string, sourcePort = 9, destinationPort = 8): Buffer =>
  udp({ source, destination, sourcePort, destinationPort }, Buffer.alloc(4));
const ask = (source = POD): Buffer =>
  udp({ source, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 }, query(NAME));
const forged = udp(
  { source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 },
  response(NAME, TYPE.A, [a(TARGET)]),
);

describe('a selected pod', () => {
  for (const [what, source, destination] of [
    ['IPv4', EVIL, OTHER],
    ["IPv4, another pod's", OTHER, '198.18.0.12'],
    ['IPv6', EVIL6, '2001:db8:1::11'],
  ] as const) {
    test(`sends from no address but its own: ${what}`, () => {
      using world = both();
      world.select(ISOLATED);
      world.expect('pod_out', datagram(source, destination), ACTION.SHOT, ['DENY_SOURCE']);
      world.expect('pod_out', datagram(source === EVIL6 ? POD6 : POD, destination), ACTION.PASS, ['PASS_RANGE']);
    });
  }

  test('asks no resolver to answer somebody else', () => {
    using world = both();
    world.select(FILTER_NAMES | ISOLATED, [{ select: NAME }]);
    world.expect('pod_out', ask(EVIL), ACTION.SHOT, ['DENY_SOURCE']);
    world.expect('pod_out', ask(), ACTION.PASS, ['QUERY_ALLOWED']);
  });

  test('sends from its link-local address, and from any where its own are not known', () => {
    using world = known(POD);
    world.select(ISOLATED);
    world.expect('pod_out', datagram('2001:db8:1::12', '2001:db8:1::11'), ACTION.PASS, ['PASS_RANGE']);
    world.addresses = [mapped(POD), mapped(POD6)];
    world.select(ISOLATED);
    world.expect('pod_out', datagram('fe80::5', '2001:db8:1::11'), ACTION.PASS, ['PASS_RANGE']);
    world.expect('pod_out', datagram('2001:db8:1::12', '2001:db8:1::11'), ACTION.SHOT, ['DENY_SOURCE']);
  });
});

describe('a pod that no policy selects', () => {
  test('opens itself a flow "from outside" for later only where its addresses are not known (the control)', () => {
    const round = (world: World): void => {
      world.expect('pod_out', datagram(EVIL, POD), ACTION.PASS, ['PASS_UNSELECTED']);
      world.run('pod_in', datagram(EVIL, POD));
      world.select(ISOLATED);
    };
    using control = known();
    round(control);
    control.expect('pod_out', datagram(POD, EVIL, 8, 9), ACTION.PASS, ['PASS_FLOW']);
    using world = both();
    round(world);
    world.expect('pod_out', datagram(POD, EVIL, 8, 9), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
  });

  test('is believed again a while after a policy has kept it to its own addresses', () => {
    using world = both();
    world.run('pod_out', datagram(EVIL, POD));
    world.select(ISOLATED);
    world.selectedNow();
    const call = tcp({ source: EVIL, destination: POD, sourcePort: 1, destinationPort: 2 }, { flags: TCP.SYN });
    world.expect('pod_in', call, ACTION.PASS, ['PASS_INBOUND']);
    world.advance(11_000_000_000n);
    world.expect('pod_in', call, ACTION.PASS, ['PASS_INBOUND_FLOW']);
  });

  test('plays no resolver to itself or others; one that is a resolver answers', () => {
    using world = both();
    world.expect('pod_out', forged, ACTION.SHOT, ['DENY_POSES_AS_RESOLVER']);
    world.addresses = [mapped(RESOLVER), mapped(POD6)];
    world.unselect();
    world.expect('pod_out', forged, ACTION.PASS, ['PASS_UNSELECTED']);
  });

  test('has no answers kept for a later policy once it has sent as somebody else', () => {
    using world = both();
    world.expect('pod_out', ask(), ACTION.PASS, ['QUERY_UNFILTERED']);
    world.expect('pod_in', forged, ACTION.PASS, ['ANSWER_LEARNED']);
    assert.equal(world.recent(NAME)?.count, 1, 'the control: an honest pod has');
    using other = both();
    other.expect('pod_out', ask(), ACTION.PASS, ['QUERY_UNFILTERED']);
    // By a translation of addresses on the node, the sender need not look like a resolver yet.
    other.run('pod_out', datagram(OTHER, POD));
    other.expect('pod_in', forged, ACTION.PASS, ['ANSWER_NOT_BELIEVED']);
    assert.equal(other.recent(NAME), undefined);
    assert.equal(other.maps.usage.get(ENDPOINT)?.foreign, 1);
  });
});
