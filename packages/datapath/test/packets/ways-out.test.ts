/** What a pod with a network of its own to play with may try instead of a connection. Each has its control. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRangeFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { asking, NAME } from './asking.ts';
import { icmp, ip, mapped, POD, POD6, udp } from './frames.ts';
import { query, record, TYPE } from './messages.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, rule, RULESET, World } from './world.ts';

const { ISOLATED } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const EVIL = '203.0.113.66';
const EVIL6 = '2001:db8:66::1';
const GATEWAY6 = '2001:db8:1::1';
const CLUSTER = '198.18.0.0';

function isolated(): World {
  const world = new World();
  world.select(ISOLATED);
  return world;
}

function allow(world: World, address: string): void {
  world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(address) }, rule([{}]));
}

describe('neighbour discovery', () => {
  const nd = (source: string, destination: string, type = 136, ttl = 255): Buffer =>
    icmp({ source, destination }, type, 0, Buffer.alloc(24), { ttl });

  for (const type of [133, 135, 136]) {
    test(`of type ${type} is for the link, not for an address that a router would send it on to`, () => {
      using world = isolated();
      for (const link of ['ff02::1', 'fe80::1']) {
        world.expect('pod_out', nd(POD6, link, type), ACTION.PASS, ['PASS_CONTROL']);
      }
      world.expect('pod_out', nd(POD6, EVIL6, type), ACTION.SHOT, ['DENY_UNKNOWN']);
    });
  }

  test('answers a global address that has asked from the link, long after too', () => {
    using world = isolated();
    world.expect('pod_out', nd(POD6, GATEWAY6), ACTION.SHOT, ['DENY_UNKNOWN']);
    world.expect('pod_in', nd(GATEWAY6, POD6, 135), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.advance(60n * MINUTE);
    world.expect('pod_in', nd(GATEWAY6, POD6, 135), ACTION.PASS, ['PASS_INBOUND']);
    world.advance(100n * MINUTE);
    world.expect('pod_out', nd(POD6, GATEWAY6), ACTION.PASS, ['PASS_CONTROL']);
    world.expect('pod_out', nd(POD6, GATEWAY6, 135), ACTION.PASS, ['PASS_CONTROL']);
    world.expect('pod_out', nd(POD6, GATEWAY6, 129, 64), ACTION.SHOT, ['DENY_UNKNOWN']);
  });

  test('that has come through a router opens nothing', () => {
    using world = isolated();
    world.expect('pod_in', nd(EVIL6, POD6, 135, 254), ACTION.PASS, []);
    world.expect('pod_out', nd(POD6, EVIL6), ACTION.SHOT, ['DENY_UNKNOWN']);
  });

  for (const type of [134, 137]) {
    test(`of type ${type}, a router's, is not a pod's to send`, () => {
      using world = isolated();
      world.expect('pod_out', nd(POD6, 'ff02::1', type), ACTION.SHOT, ['DENY_UNKNOWN']);
    });
  }
});

describe('an ICMP error that quotes a flow', () => {
  const datagram = udp({ source: SERVER, destination: POD, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4));
  const error = (destination: string, source = POD): Buffer =>
    icmp({ source, destination }, 3, 3, Buffer.concat([Buffer.alloc(4), datagram.subarray(14)]));

  test('goes to where the quoted packet came from and nowhere else', () => {
    using world = isolated();
    world.run('pod_in', datagram);
    world.expect('pod_out', error(SERVER), ACTION.PASS, ['PASS_CONTROL']);
    world.expect('pod_out', error(EVIL), ACTION.SHOT, ['DENY_UNKNOWN']);
    world.expect('pod_out', error(SERVER, '198.18.0.11'), ACTION.SHOT, ['DENY_UNKNOWN']);
  });

  test('is worth nothing when the flow has ended, or a ruleset no longer allows it', () => {
    using world = isolated();
    world.run('pod_in', datagram);
    world.select(ISOLATED, [], RULESET + 1);
    world.expect('pod_out', error(SERVER), ACTION.SHOT, ['DENY_UNKNOWN']);
    world.select(ISOLATED);
    world.advance(3n * MINUTE);
    world.expect('pod_out', error(SERVER), ACTION.SHOT, ['DENY_UNKNOWN']);
  });
});

describe('what is not IP', () => {
  const frame = (type: string, size: number): Buffer =>
    Buffer.concat([Buffer.from('ffffffffffff020000000001', 'hex'), Buffer.from(type, 'hex'), Buffer.alloc(size)]);

  test('is ARP of an ordinary size, or stays where the pod is isolated', () => {
    using world = isolated();
    world.expect('pod_out', frame('0806', 46), ACTION.PASS, ['PASS_NOT_IP']);
    const others = ['0806', '0030', '8847', '8864', '88a2', '88ca', '88e5', '9100'].map((type) => frame(type, 200));
    for (const other of others) world.expect('pod_out', other, ACTION.SHOT, ['DENY_NOT_IP']);
    using open = new World();
    for (const other of others) open.expect('pod_out', other, ACTION.PASS, ['PASS_NOT_IP']);
  });
});

describe('an IPv4 source route', () => {
  const sent = (extra: Buffer): Buffer =>
    udp({ source: POD, destination: SERVER, sourcePort: 1, destinationPort: 2 }, Buffer.alloc(8), { extra });
  const via = (option: number): Buffer => Buffer.from([option, 7, 4, 203, 0, 113, 66, 0]);

  test('through an allowed address does not pass; without it the packet does', () => {
    using world = isolated();
    allow(world, SERVER);
    world.expect('pod_out', sent(Buffer.alloc(0)), ACTION.PASS, ['PASS_CIDR']);
    for (const option of [131, 137]) world.expect('pod_out', sent(via(option)), ACTION.SHOT, ['DENY_MALFORMED']);
  });

  test("is no reason to refuse IGMP's router alert", () => {
    using world = isolated();
    const report = ip({ source: POD, destination: '224.0.0.22' }, 2, Buffer.alloc(16), {
      ttl: 1,
      extra: Buffer.from('94040000', 'hex'),
    });
    world.expect('pod_out', report, ACTION.PASS, ['PASS_CONTROL']);
  });
});

describe('to a cluster address, a packet that carries another', () => {
  const node = '198.18.3.1';
  const vxlan = (port: number): Buffer =>
    udp({ source: POD, destination: node, sourcePort: 4789, destinationPort: port }, Buffer.alloc(80));

  test('is not left alone: what is inside would go on from there', () => {
    using world = isolated();
    world.maps.ranges.set({ prefixLength: 112, address: mapped(CLUSTER) }, NwRangeFlag.CLUSTER);
    world.expect('pod_out', vxlan(4790), ACTION.PASS, ['PASS_RANGE']);
    for (const port of [4789, 8472, 6081]) {
      world.expect('pod_out', vxlan(port), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
    }
    for (const protocol of [4, 41, 47, 50]) {
      const inner = ip({ source: POD, destination: node }, protocol, Buffer.alloc(40));
      world.expect('pod_out', inner, ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
    }
    allow(world, node);
    world.expect('pod_out', vxlan(4789), ACTION.PASS, ['PASS_CIDR']);
  });
});

describe('an allowed question', () => {
  const sent = (message: Buffer, options = {}): Buffer =>
    udp({ source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 }, message, options);
  const padded = (size: number): Buffer => {
    const option = Buffer.concat([Buffer.from([0, 12, size >> 8, size & 255]), Buffer.alloc(size)]);
    const opt = record('', TYPE.OPT, option, { rclass: 1232 });
    return Buffer.concat([query(NAME, TYPE.A, { counts: [1, 0, 0, 1] }), opt]);
  };

  test('hides no second one behind it in a packet that is still to be segmented', () => {
    using world = asking();
    const hidden = query('secret.evil.example');
    const first = padded(hidden.length);
    hidden.copy(first, first.length - hidden.length);
    const gsoSize = first.length - hidden.length;
    assert.equal(world.run('pod_out', sent(first)).action, ACTION.PASS);
    const segmented = world.run('pod_out', sent(first), ENDPOINT, { gsoSize });
    assert.deepEqual([segmented.action, segmented.counted], [ACTION.REDIRECT, ['QUERY_NOT_PLAIN', 'REPLY_REFUSED']]);
  });

  test('carries no file: 512 octets are the most', () => {
    using world = asking();
    const room = 512 - padded(0).length;
    world.expect('pod_out', sent(padded(room)), ACTION.PASS, ['QUERY_ALLOWED']);
    world.expect('pod_out', sent(padded(room + 1)), ACTION.REDIRECT, ['QUERY_NOT_PLAIN', 'REPLY_REFUSED']);
  });

  test('is as long as its datagram says', () => {
    using world = asking();
    const message = query(NAME);
    for (const udpLength of [message.length + 7, message.length + 9]) {
      world.expect('pod_out', sent(message, { udpLength }), ACTION.REDIRECT, ['QUERY_NOT_PLAIN', 'REPLY_REFUSED']);
    }
  });
});
