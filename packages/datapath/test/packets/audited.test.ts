/** A pod that only audited policies select: they report, and nothing is enforced. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { ip, mapped, POD, TCP, tcp, udp } from './frames.ts';
import { ACTION, ENDPOINT, MINUTE, RULESET, World } from './world.ts';

const { ISOLATED, CUT_ON_CLOSE, HAS_AUDIT, AUDIT_ISOLATED, AUDIT_ONLY } = NwRulesetFlag;
const AUDITED = HAS_AUDIT | AUDIT_ISOLATED | AUDIT_ONLY;
const SERVER = '203.0.113.80';
const OTHER = '198.18.0.11';

const sent = (flags: number, sourcePort = 50000): Buffer =>
  tcp({ source: POD, destination: SERVER, sourcePort, destinationPort: 443 }, { flags, acknowledgement: 1 });
const malformed = ip({ source: POD, destination: SERVER }, 6, Buffer.alloc(12));
const foreign = udp({ source: OTHER, destination: SERVER, sourcePort: 1, destinationPort: 2 }, Buffer.alloc(4));
const RESET = ['DENY_UNKNOWN', 'REPLY_RESET'] as const;

function selected(flags: number): World {
  const world = new World();
  world.addresses = [mapped(POD), new Uint8Array(16)];
  world.select(flags);
  return world;
}

describe('audited policies alone', () => {
  test('drop nothing, neither what is malformed nor what bears another address', () => {
    using world = selected(AUDITED);
    world.expect('pod_out', malformed, ACTION.PASS, ['PASS_UNSELECTED']);
    world.expect('pod_out', foreign, ACTION.PASS, ['PASS_AUDIT_DENY', 'PASS_NOT_ISOLATED']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.foreign, 1, 'it is not believed any more, as without any policy');
    assert.deepEqual(world.run('fallback_out', sent(TCP.SYN)).counted, ['PASS_UNSELECTED']);
  });

  test('control: an enforced one beside them does', () => {
    using world = selected(HAS_AUDIT | AUDIT_ISOLATED);
    world.expect('pod_out', malformed, ACTION.SHOT, ['DENY_MALFORMED']);
    world.expect('pod_out', foreign, ACTION.SHOT, ['DENY_SOURCE']);
    assert.deepEqual(world.run('fallback_out', sent(TCP.SYN)).counted, ['DENY_FALLBACK']);
  });
});

describe('when an audited policy is enforced', () => {
  /** A connection of the time when it only reported. */
  function turned(flags: number, first = AUDITED): World {
    const world = selected(first);
    world.run('pod_out', sent(TCP.SYN));
    world.expect('pod_out', sent(TCP.ACK), ACTION.PASS, ['PASS_FLOW']);
    world.select(flags, [], RULESET + 1);
    world.selectedNow();
    return world;
  }

  for (const [what, flags] of [
    ['cutFlows: Immediate', ISOLATED],
    ['cutFlows: OnClose', ISOLATED | CUT_ON_CLOSE],
  ] as const) {
    test(`flows that are there have the grandfather time, ${what}`, () => {
      using world = turned(flags);
      world.expect('pod_out', sent(TCP.ACK), ACTION.PASS, ['PASS_GRANDFATHERED']);
      world.expect('pod_out', sent(TCP.SYN, 50001), ACTION.REDIRECT, RESET);
      world.advance(61n * MINUTE);
      world.expect('pod_out', sent(TCP.ACK), ACTION.REDIRECT, RESET);
    });
  }

  test('and cut once they are cut', () => {
    using world = turned(ISOLATED);
    world.advance(61n * MINUTE);
    world.expect('pod_out', sent(TCP.ACK), ACTION.REDIRECT, RESET);
    world.selectedNow();
    world.configure({});
    world.expect('pod_out', sent(TCP.ACK), ACTION.REDIRECT, RESET);
  });

  test('control: those that an enforced policy let through are cut at once', () => {
    using world = turned(ISOLATED, HAS_AUDIT | AUDIT_ISOLATED);
    world.expect('pod_out', sent(TCP.ACK), ACTION.REDIRECT, RESET);
  });
});
