/** Flows that a ruleset let through and that the one in force does not allow. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwFlowRuleset, NwPrecedence, NwRowFlag, NwRulesetFlag, NwSwitch } from '../../src/gen/enums.gen.ts';
import type { Usage } from '../../src/gen/structs.gen.ts';
import { mapped, POD, TCP, tcp, udp } from './frames.ts';
import { rounds, until } from './rounds.ts';
import { ACTION, ENDPOINT, MINUTE, rule, RULESET, World } from './world.ts';

const { ISOLATED, CUT_ON_CLOSE } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const OTHER = '203.0.113.81';
const EDITED = RULESET + 1;

const sent = (flags: number, sourcePort = 50000): Buffer =>
  tcp({ source: POD, destination: SERVER, sourcePort, destinationPort: 443 }, { flags, acknowledgement: 1 });
const syn = (sourcePort?: number): Buffer => sent(TCP.SYN, sourcePort);
const ack = (sourcePort?: number): Buffer => sent(TCP.ACK, sourcePort);
const call = tcp({ source: SERVER, destination: POD, sourcePort: 443, destinationPort: 50000 }, { flags: TCP.SYN });
const out = udp({ source: POD, destination: SERVER, sourcePort: 8, destinationPort: 9 }, Buffer.alloc(4));
const back = udp({ source: SERVER, destination: POD, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4));

const RESET = ['DENY_UNKNOWN', 'REPLY_RESET'] as const;
const PROHIBITED = ['DENY_UNKNOWN', 'REPLY_UNREACHABLE'] as const;

function allow(world: World, ruleset: number, prefix = SERVER, flags = 0): void {
  world.maps.cidrs.set({ prefixLength: 160, ruleset, address: mapped(prefix) }, rule([{ flags }]));
}

/** The pod has learned SERVER for the first selector. */
function learn(world: World, expires: bigint): void {
  const pad = <T>(value: T, zero: T): T[] => [value, ...Array<T>(7).fill(zero)];
  const entry = { state: 0, used: 0n, handles: pad(1, 0), expires: pad(expires, 0n), names: pad(0n, 0n) };
  world.maps.learned.set({ endpoint: ENDPOINT, address: mapped(SERVER) }, entry);
}

/** The pod has a TCP and a UDP flow to SERVER, which its ruleset allows. */
function flowing(flags = 0): World {
  const world = new World();
  world.select(ISOLATED | flags);
  allow(world, RULESET);
  for (const frame of [syn(), out]) world.expect('pod_out', frame, ACTION.PASS, ['PASS_CIDR']);
  world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
  return world;
}

const tcpFlow = (world: World) =>
  world.flow({ local: POD, remote: SERVER, localPort: 50000, remotePort: 443, protocol: 6 });

describe('cutFlows: Immediate', () => {
  test('refuses a flow that an edit no longer allows at its next packet, and for good', () => {
    using world = flowing();
    world.select(ISOLATED, [], EDITED);
    for (let i = 0; i < 2; i++) {
      world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
      world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
    }
    world.expect('pod_out', syn(50001), ACTION.REDIRECT, RESET);
  });

  test('cuts what a CIDR deny is added for, and nothing beside it', () => {
    using world = flowing();
    const beside = tcp(
      { source: POD, destination: OTHER, sourcePort: 5, destinationPort: 443 },
      { flags: TCP.ACK, acknowledgement: 1 },
    );
    allow(world, RULESET, OTHER);
    world.run('pod_out', beside);
    world.select(ISOLATED, [], EDITED);
    allow(world, EDITED, OTHER);
    allow(world, EDITED, SERVER, NwRowFlag.DENY);
    world.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
    world.expect('pod_out', beside, ACTION.PASS, ['PASS_CIDR']);
    world.expect('pod_out', beside, ACTION.PASS, ['PASS_FLOW']);
  });

  test('leaves no way back from the far end: its datagrams are no call from outside', () => {
    using world = flowing();
    world.select(ISOLATED, [], EDITED);
    world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
    for (let i = 0; i < 4; i++) {
      world.advance(MINUTE);
      world.expect('pod_in', back, ACTION.PASS, ['PASS_INBOUND']);
      world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
    }
    const key = [...world.maps.flows.keys()].find(({ protocol }) => protocol === 17);
    assert.ok(key);
    // The control: were the cut flow not remembered.
    world.maps.flows.delete(key);
    world.expect('pod_in', back, ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_out', out, ACTION.PASS, ['PASS_FLOW']);
  });

  test('does not stop the far end from calling anew over TCP', () => {
    using world = flowing();
    world.select(ISOLATED, [], EDITED);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
    world.expect('pod_in', call, ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_out', sent(TCP.SYN | TCP.ACK), ACTION.PASS, ['PASS_FLOW']);
    const { flowsIn, flowsOut } = world.maps.usage.get(ENDPOINT) ?? {};
    assert.deepEqual({ flowsIn, flowsOut }, { flowsIn: 1, flowsOut: 1 });
  });

  test('lets a refused flow go on when the next edit allows it again', () => {
    using world = flowing();
    world.select(ISOLATED, [], EDITED);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
    world.select(ISOLATED, [], EDITED + 1);
    allow(world, EDITED + 1);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_CIDR']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
  });
});

describe('a flow whose address has expired', () => {
  const names = [{ select: 'api.example.com' }];
  /** It has been silent for longer than the idle window. */
  function silent(): World {
    const world = new World();
    world.select(ISOLATED, names);
    learn(world, process.hrtime.bigint() + MINUTE);
    for (const frame of [syn(), out]) world.expect('pod_out', frame, ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    world.advance(20n * MINUTE);
    world.expect('pod_out', syn(50001), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
    return world;
  }

  test('is not cut by an edit that still allows its name', () => {
    using world = silent();
    world.select(ISOLATED, [...names, { select: 'new.example.com' }], EDITED);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    world.expect('pod_out', syn(50001), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
    world.expect('pod_out', out, ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_UNREACHABLE']);
  });

  test('is cut by one that does not, or that denies its address', () => {
    using world = silent();
    world.select(ISOLATED, [], EDITED);
    world.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
    using other = silent();
    other.select(ISOLATED, names, EDITED);
    allow(other, EDITED, SERVER, NwRowFlag.DENY);
    other.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
  });

  test('is cut where the edit allows its name at other ports', () => {
    using world = silent();
    const rows = [{ protocol: 6, portFirst: 80, portLast: 80 }];
    world.select(ISOLATED, [{ select: 'api.example.com', rows }], EDITED);
    world.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_PORT', 'REPLY_RESET']);
  });
});

describe('cutFlows: OnClose', () => {
  test('leaves a flow to close by itself, on the path of known flows', () => {
    using world = flowing();
    world.select(ISOLATED | CUT_ON_CLOSE, [], EDITED);
    for (const frame of [ack(), out]) {
      world.expect('pod_out', frame, ACTION.PASS, ['PASS_UNTIL_CLOSE']);
      world.expect('pod_out', frame, ACTION.PASS, ['PASS_FLOW']);
    }
    world.expect('pod_out', sent(TCP.ACK | TCP.FIN), ACTION.PASS, ['PASS_FLOW']);
    world.advance(MINUTE);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
    world.advance(2n * MINUTE);
    world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
  });

  test('opens nothing anew: not on other ports and not on the same', () => {
    using world = flowing();
    world.select(ISOLATED | CUT_ON_CLOSE, [], EDITED);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_UNTIL_CLOSE']);
    world.expect('pod_out', syn(50001), ACTION.REDIRECT, RESET);
    world.expect('pod_out', syn(), ACTION.REDIRECT, RESET);
  });

  test('is over with the next edit that does not say so', () => {
    using world = flowing(CUT_ON_CLOSE);
    world.select(ISOLATED | CUT_ON_CLOSE, [], EDITED);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_UNTIL_CLOSE']);
    world.select(ISOLATED, [], EDITED + 1);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
  });

  test('revives no flow that has been cut', () => {
    using world = flowing();
    world.select(ISOLATED, [], EDITED);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
    world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
    world.select(ISOLATED | CUT_ON_CLOSE, [], EDITED + 1);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
    world.expect('pod_out', out, ACTION.REDIRECT, PROHIBITED);
  });

  test('says nothing of flows older than the selection: those have the grandfather time', () => {
    using world = new World();
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    world.select(ISOLATED | CUT_ON_CLOSE);
    world.selectedNow();
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_GRANDFATHERED']);
    world.advance(61n * MINUTE);
    world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
  });
});

test('deleting the last policy opens everything again, its cut flows too', () => {
  using world = flowing();
  world.select(ISOLATED, [], EDITED);
  world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
  world.unselect();
  world.expect('pod_out', ack(), ACTION.PASS, ['PASS_UNSELECTED']);
  world.expect('pod_out', syn(50001), ACTION.PASS, ['PASS_UNSELECTED']);
});

test('with the node switched to audit nothing is refused for lack of room', () => {
  using world = new World();
  world.configure({ nodeSwitch: NwSwitch.AUDIT, quotaFlowsOut: 0 });
  world.select(ISOLATED);
  world.expect('pod_out', syn(), ACTION.PASS, ['DENY_UNKNOWN', 'PASS_NOT_TRACKED']);
  world.configure({ quotaFlowsOut: 0 });
  allow(world, RULESET);
  world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_FLOW_QUOTA', 'REPLY_RESET']);
});

test("what the node's switch alone lets through keeps no address for the rule that denies it", () => {
  using world = new World();
  const rows = [{ flags: NwRowFlag.DENY, precedence: NwPrecedence.NAME_DENY }];
  world.select(ISOLATED, [{ select: 'api.example.com', rows }]);
  const expires = process.hrtime.bigint() + MINUTE;
  const pad = <T>(first: T, zero: T): T[] => [first, ...Array<T>(7).fill(zero)];
  const at = { endpoint: ENDPOINT, address: mapped(SERVER) };
  world.maps.learned.set(at, { state: 0, used: 0n, handles: pad(1, 0), expires: pad(expires, 0n), names: pad(0n, 0n) });
  world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_NAME', 'REPLY_RESET']);
  world.configure({ nodeSwitch: NwSwitch.AUDIT });
  world.expect('pod_out', syn(), ACTION.PASS, ['DENY_NAME', 'PASS_SWITCHED_AUDIT']);
  assert.equal(world.maps.learned.get(at)?.expires[0], expires);
});

test("what the node's switch alone let through is cut when it is on again; each flow is reported once", () => {
  using world = new World();
  world.configure({ nodeSwitch: NwSwitch.AUDIT });
  world.select(ISOLATED);
  world.expect('pod_out', syn(), ACTION.PASS, ['DENY_UNKNOWN', 'PASS_SWITCHED_AUDIT']);
  world.expect('pod_out', ack(), ACTION.PASS, ['PASS_SWITCHED_AUDIT']);
  assert.equal(tcpFlow(world)?.ruleset, NwFlowRuleset.FLOW_CUT);
  world.configure({});
  world.expect('pod_out', ack(), ACTION.REDIRECT, RESET);
});

test("what the node's switch let through against a rule on its name keeps no address", () => {
  using world = new World();
  world.configure({ nodeSwitch: NwSwitch.AUDIT });
  const rows = [{ precedence: NwPrecedence.STRICT_NAME_DENY, flags: NwRowFlag.DENY }];
  world.select(ISOLATED, [{ select: 'evil.example.com', rows }]);
  const expires = process.hrtime.bigint() + MINUTE;
  learn(world, expires);
  world.expect('pod_out', syn(), ACTION.PASS, ['DENY_NAME', 'PASS_SWITCHED_AUDIT']);
  assert.equal(tcpFlow(world)?.handle, 0);
  assert.equal(world.maps.learned.get({ endpoint: ENDPOINT, address: mapped(SERVER) })?.expires[0], expires);
});

test('the sweeper counts the flows that live on, of each kind, and forgets them with their time', async () => {
  using world = new World();
  const shown = (): Pick<Usage, 'grandfathered' | 'untilClose'> => {
    const { grandfathered = 0, untilClose = 0 } = world.maps.usage.get(ENDPOINT) ?? {};
    return { grandfathered, untilClose };
  };
  for (const port of [1, 2]) {
    world.run('pod_out', syn(port));
    world.run('pod_out', ack(port));
  }
  world.select(ISOLATED);
  allow(world, RULESET, OTHER);
  world.selectedNow();
  const other = (flags: number): Buffer =>
    tcp({ source: POD, destination: OTHER, sourcePort: 3, destinationPort: 443 }, { flags, acknowledgement: 1 });
  world.run('pod_out', other(TCP.SYN));
  world.run('pod_out', other(TCP.ACK));
  world.select(ISOLATED | CUT_ON_CLOSE, [], EDITED);
  world.selectedNow();
  for (const port of [1, 2]) world.expect('pod_out', ack(port), ACTION.PASS, ['PASS_GRANDFATHERED']);
  world.expect('pod_out', other(TCP.ACK), ACTION.PASS, ['PASS_UNTIL_CLOSE']);
  world.startSweeper();
  await until('all three to be counted', () => shown().grandfathered === 2 && shown().untilClose === 1);
  await rounds(world, 1);
  assert.deepEqual(shown(), { grandfathered: 2, untilClose: 1 });
  world.advance(61n * MINUTE);
  await until('the grandfather time to be over', () => shown().grandfathered === 0);
  assert.equal(shown().untilClose, 1);
  world.select(ISOLATED, [], EDITED + 1);
  await until('the edit to be seen', () => shown().untilClose === 0);
});
