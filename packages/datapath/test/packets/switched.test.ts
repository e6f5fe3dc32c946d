/** The node switched to audit: what is refused otherwise is counted as that, and passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag, NwSwitch } from '../../src/gen/enums.gen.ts';
import { ip, mapped, POD, TCP, tcp, udp } from './frames.ts';
import { query } from './messages.ts';
import { Conversation, framed, NAME, talking } from './streaming.ts';
import { ACTION, RESOLVER, World } from './world.ts';

const { ISOLATED, FILTER_NAMES } = NwRulesetFlag;
const SERVER = '198.51.100.80';
const OTHER = '198.18.0.99';
const ports = { sourcePort: 40000, destinationPort: 4433 };

function isolated(nodeSwitch: number): World {
  const world = new World();
  world.addresses = [mapped(POD), new Uint8Array(16)];
  world.configure({ nodeSwitch });
  world.select(ISOLATED | FILTER_NAMES, [{ select: NAME }]);
  return world;
}

const ends = { source: POD, destination: SERVER };
const notIp = Buffer.concat([Buffer.alloc(12), Buffer.from('8847', 'hex'), Buffer.alloc(60)]);
const from = (source: string, sourcePort: number): Buffer =>
  udp({ source, destination: SERVER, ...ports, sourcePort }, Buffer.alloc(8));
/** Of every packet: what it is refused for, and what is counted behind that when it passes. */
const PACKETS: readonly (readonly [what: string, frame: Buffer, reason: ReasonName, more: readonly ReasonName[]])[] = [
  ['neither IP nor ARP', notIp, 'DENY_NOT_IP', []],
  ['malformed', ip(ends, 17, Buffer.alloc(4)), 'DENY_MALFORMED', []],
  ['a later fragment', ip(ends, 17, Buffer.alloc(64), { fragment: 8 }), 'DENY_FRAGMENT', []],
  ["another's source", from(OTHER, 40000), 'DENY_SOURCE', ['DENY_UNKNOWN']],
  ["a resolver's source", from(RESOLVER, 53), 'DENY_POSES_AS_RESOLVER', ['DENY_UNKNOWN']],
  [
    'an encrypted question',
    tcp({ source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 853 }, { flags: TCP.SYN }),
    'QUERY_ENCRYPTED',
    ['DENY_UNKNOWN'],
  ],
];

describe('with the node switched to audit', () => {
  for (const [what, frame, reason, more] of PACKETS) {
    test(`${what} passes and is counted as what it is refused for`, () => {
      using world = isolated(NwSwitch.AUDIT);
      world.expect('pod_out', frame, ACTION.PASS, [reason, ...more, 'PASS_SWITCHED_AUDIT']);
      using control = isolated(NwSwitch.ON);
      const outcome = control.run('pod_out', frame);
      assert.notEqual(outcome.action, ACTION.PASS, 'control');
      assert.equal(outcome.counted.includes(reason), true);
    });
  }

  test('an encrypted connection is told of once', () => {
    using world = isolated(NwSwitch.AUDIT);
    const to853 = { source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 853 };
    world.run('pod_out', tcp(to853, { flags: TCP.SYN }));
    world.expect('pod_out', tcp(to853, { flags: TCP.ACK }), ACTION.PASS, ['PASS_SWITCHED_AUDIT']);
  });

  test('questions in a connection to a resolver that is not followed pass, and are counted', () => {
    using scene = talking();
    const { world } = scene;
    const unseen = new Conversation(world, { port: 41000 });
    assert.equal(unseen.pod(framed(query(NAME))).action, ACTION.REDIRECT, 'control');
    world.configure({ nodeSwitch: NwSwitch.AUDIT });
    const outcome = unseen.pod(framed(query(NAME)));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.PASS, ['QUERY_TCP_UNSEEN']]);
    const fast = new Conversation(world, { port: 42000 }).pod(framed(query(NAME)), { flags: TCP.SYN });
    assert.deepEqual([fast.action, fast.counted], [ACTION.PASS, ['STREAM_FAST_OPEN']]);
  });

  test('a first fragment that only the switch lets through is followed by nothing when the node enforces again', () => {
    const whole = udp({ ...ends, ...ports }, Buffer.alloc(64, 1)).subarray(34);
    const first = ip(ends, 17, whole.subarray(0, 32), { fragment: 0x2000, id: 9 });
    const later = ip(ends, 17, whole.subarray(32), { fragment: 4, id: 9 });
    using world = isolated(NwSwitch.AUDIT);
    assert.equal(world.run('pod_out', first).action, ACTION.PASS);
    world.configure({ nodeSwitch: NwSwitch.ON });
    world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    world.configure({ nodeSwitch: NwSwitch.AUDIT });
    world.select(FILTER_NAMES);
    assert.equal(world.run('pod_out', first).action, ACTION.PASS);
    world.maps.rulesets.set(3, {
      number: 3,
      flags: ISOLATED,
      ttlFloor: 0n,
      ttlCeiling: 0n,
      ttlGrace: 0n,
      idleWindow: 0n,
    });
    world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
  });
});
