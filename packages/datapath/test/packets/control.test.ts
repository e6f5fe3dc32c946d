import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { icmp, ip, POD, POD6, tcp, udp } from './frames.ts';
import { ACTION, World } from './world.ts';

const { ISOLATED } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const SERVER6 = '2001:db8:80::1';

describe('control traffic of an isolated pod', () => {
  const solicitation = Buffer.alloc(24, 1);
  const mac = Buffer.from('ffffffffffff020000000001', 'hex');
  const passes: readonly (readonly [string, Uint8Array, ReasonName])[] = [
    ['ARP', Buffer.concat([mac, Buffer.from('0806', 'hex'), Buffer.alloc(46)]), 'PASS_NOT_IP'],
    [
      'neighbour solicitation',
      icmp({ source: POD6, destination: 'fe80::1' }, 135, 0, solicitation, { ttl: 255 }),
      'PASS_CONTROL',
    ],
    ['MLD report', icmp({ source: POD6, destination: 'ff02::16' }, 143, 0, solicitation, { ttl: 1 }), 'PASS_CONTROL'],
    [
      'DHCP',
      udp(
        { source: '0.0.0.0', destination: '255.255.255.255', sourcePort: 68, destinationPort: 67 },
        Buffer.alloc(240),
      ),
      'PASS_CONTROL',
    ],
  ];
  for (const [what, frame, reason] of passes) {
    test(`${what} passes`, () => {
      using world = new World();
      world.select(ISOLATED);
      world.expect('pod_out', frame, ACTION.PASS, [reason]);
    });
  }

  const not: readonly (readonly [string, Uint8Array])[] = [
    [
      'neighbour discovery that could be routed',
      icmp({ source: POD6, destination: SERVER6 }, 135, 0, solicitation, { ttl: 64 }),
    ],
    [
      'neighbour discovery full of data',
      icmp({ source: POD6, destination: SERVER6 }, 135, 0, Buffer.alloc(500), { ttl: 255 }),
    ],
    [
      'DHCP to a server out there',
      udp({ source: POD, destination: SERVER, sourcePort: 68, destinationPort: 67 }, Buffer.alloc(240)),
    ],
    ['an ICMP error that quotes nothing we know', icmp({ source: POD, destination: SERVER }, 3, 1, Buffer.alloc(40))],
  ];
  for (const [what, frame] of not) {
    test(`${what} does not`, () => {
      using world = new World();
      world.select(ISOLATED);
      assert.notEqual(world.run('pod_out', frame).action, ACTION.PASS);
    });
  }

  test('an ICMP error that quotes a flow passes', () => {
    using world = new World();
    world.select(ISOLATED);
    const datagram = udp({ source: SERVER, destination: POD, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4));
    world.run('pod_in', datagram);
    const error = icmp(
      { source: POD, destination: SERVER },
      3,
      3,
      Buffer.concat([Buffer.alloc(4), datagram.subarray(14)]),
    );
    world.expect('pod_out', error, ACTION.PASS, ['PASS_CONTROL']);
  });
});

describe('odd frames of an isolated pod', () => {
  const priorityTag = Buffer.from('81000000', 'hex');
  const rows: readonly (readonly [string, Uint8Array, ReasonName])[] = [
    [
      'IPv4 in a priority tag',
      tcp({ source: POD, destination: SERVER, sourcePort: 1, destinationPort: 2 }, { flags: 2 }, { vlan: priorityTag }),
      'DENY_UNKNOWN',
    ],
    [
      'three VLAN tags',
      tcp(
        { source: POD, destination: SERVER, sourcePort: 1, destinationPort: 2 },
        { flags: 2 },
        { vlan: Buffer.concat([priorityTag, priorityTag, priorityTag]) },
      ),
      'DENY_MALFORMED',
    ],
    [
      'a later fragment',
      udp({ source: POD, destination: SERVER, sourcePort: 1, destinationPort: 2 }, Buffer.alloc(64), { fragment: 100 }),
      'DENY_FRAGMENT',
    ],
    [
      'IP options',
      udp({ source: POD, destination: SERVER, sourcePort: 1, destinationPort: 2 }, Buffer.alloc(8), {
        extra: Buffer.alloc(8, 1),
      }),
      'DENY_MALFORMED',
    ],
    [
      'an IP version that does not fit',
      Buffer.concat([Buffer.alloc(12), Buffer.from('080060', 'hex'), Buffer.alloc(60)]),
      'DENY_MALFORMED',
    ],
    ['a TCP header that is cut', ip({ source: POD, destination: SERVER }, 6, Buffer.alloc(12)), 'DENY_MALFORMED'],
    [
      'a routing header with segments left',
      ip({ source: POD6, destination: SERVER6 }, 6, Buffer.alloc(20), {
        firstExtension: 43,
        extra: Buffer.from([6, 0, 0, 1, 0, 0, 0, 0]),
      }),
      'DENY_MALFORMED',
    ],
    [
      'seven extension headers',
      ip({ source: POD6, destination: SERVER6 }, 6, Buffer.alloc(20), {
        firstExtension: 60,
        extra: Buffer.concat([
          ...Array.from({ length: 6 }, () => Buffer.from([60, 0, 1, 4, 0, 0, 0, 0])),
          Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]),
        ]),
      }),
      'DENY_MALFORMED',
    ],
    [
      'TCP behind two extension headers',
      ip(
        { source: POD6, destination: SERVER6 },
        6,
        tcp({ source: POD6, destination: SERVER6, sourcePort: 1, destinationPort: 2 }, { flags: 2 }).subarray(54),
        { firstExtension: 0, extra: Buffer.from('3c000104000000000600010400000000', 'hex') },
      ),
      'DENY_UNKNOWN',
    ],
    ['an unknown protocol', ip({ source: POD, destination: SERVER }, 47, Buffer.alloc(20)), 'DENY_UNKNOWN'],
  ];
  for (const [what, frame, reason] of rows) {
    test(`${what}: ${reason}`, () => {
      using world = new World();
      world.select(ISOLATED);
      const outcome = world.run('pod_out', frame);
      assert.notEqual(outcome.action, ACTION.PASS);
      assert.equal(outcome.counted.includes(reason), true, outcome.counted.join());
    });
  }

  test('control: the same frames of an unselected pod pass', () => {
    using world = new World();
    for (const [what, frame] of rows) assert.equal(world.run('pod_out', frame).action, ACTION.PASS, what);
  });
});
