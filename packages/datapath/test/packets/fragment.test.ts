/** Fragments after the first bear no ports: they take their first's verdict. */
import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { describe, test } from 'node:test';
import { NwRowFlag, NwRulesetFlag, NwSwitch } from '../../src/gen/enums.gen.ts';
import { icmp, ip, mapped, parse, POD, POD6, TCP, tcp, udp } from './frames.ts';
import { query } from './messages.ts';
import { ACTION, ENDPOINT, RESOLVER, rule, RULESET, World } from './world.ts';

const { ISOLATED, FILTER_NAMES } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const SERVER6 = '2001:db8:80::1';
const OTHER = '203.0.113.81';
const OTHER6 = '2001:db8:80::2';
const SECOND = 1_000_000_000n;
const FRAGMENT_HEADER = 44;

interface Cut {
  readonly id?: number;
  /** Octets of the first; a multiple of 8. */
  readonly at?: number;
  /** Where the second says that it belongs, when that is not behind the first. */
  readonly offset?: number;
  /** IPv6: what the second's fragment header says follows. */
  readonly next?: number;
}

/** The two fragments of a whole packet. */
function cut(whole: Buffer, { id = 1, at = 64, offset = at, next }: Cut = {}): [first: Buffer, later: Buffer] {
  const ends = parse(whole);
  const { protocol, segment } = ends;
  if (isIPv4(ends.source)) {
    return [
      ip(ends, protocol, segment.subarray(0, at), { id, fragment: 0x2000 }),
      ip(ends, protocol, segment.subarray(at), { id, fragment: offset / 8 }),
    ];
  }
  const header = (proto: number, where: number): Buffer => {
    const octets = Buffer.from([proto, 0, 0, 0, 0, 0, 0, 0]);
    octets.writeUInt16BE(where, 2);
    octets.writeUInt32BE(id, 4);
    return octets;
  };
  const options = (extra: Buffer) => ({ extra, firstExtension: FRAGMENT_HEADER });
  return [
    ip(ends, protocol, segment.subarray(0, at), options(header(protocol, 1))),
    ip(ends, protocol, segment.subarray(at), options(header(next ?? protocol, offset))),
  ];
}

const FAMILIES = [
  { family: 'IPv4', source: POD, server: SERVER, other: OTHER, another: '198.18.0.11' },
  { family: 'IPv6', source: POD6, server: SERVER6, other: OTHER6, another: '2001:db8:1::11' },
] as const;

/** Both servers are allowed at UDP and TCP port 9, and echo. */
function isolated(flags = 0, number = RULESET): World {
  const world = new World();
  select(world, flags, number);
  return world;
}

function select(world: World, flags = 0, number = RULESET): void {
  world.select(ISOLATED | flags, [], number);
  const port = { portFirst: 9, portLast: 9 };
  const rows = [{ protocol: 6, ...port }, { protocol: 17, ...port }, { protocol: 1 }, { protocol: 58 }];
  for (const address of [SERVER, SERVER6, OTHER, OTHER6]) {
    world.maps.cidrs.set({ prefixLength: 160, ruleset: number, address: mapped(address) }, rule(rows));
  }
}

const datagram = (source: string, destination: string, destinationPort = 9): Buffer =>
  udp({ source, destination, sourcePort: 8, destinationPort }, Buffer.alloc(200, 1));

for (const { family, source, server, other, another } of FAMILIES) {
  describe(`a later fragment (${family})`, () => {
    test('passes behind its first, and no other does', () => {
      using world = isolated();
      const [first, later] = cut(datagram(source, server));
      world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
      world.expect('pod_out', first, ACTION.PASS, ['PASS_CIDR']);
      world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
      world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
      for (const stranger of [
        cut(datagram(source, server), { id: 2 })[1],
        cut(datagram(source, server), { id: 17 })[1],
        cut(datagram(source, other))[1],
        cut(datagram(another, server))[1],
      ]) {
        world.expect('pod_out', stranger, ACTION.SHOT, ['DENY_FRAGMENT']);
      }
    });

    test('of a datagram of a known flow passes too, and of an echo request', () => {
      using world = isolated();
      const whole = datagram(source, server);
      world.expect('pod_out', whole, ACTION.PASS, ['PASS_CIDR']);
      const [first, later] = cut(whole);
      world.expect('pod_out', first, ACTION.PASS, ['PASS_FLOW']);
      world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
      const [ping, rest] = cut(icmp({ source, destination: server }, family === 'IPv4' ? 8 : 128, 0, Buffer.alloc(99)));
      world.expect('pod_out', ping, ACTION.PASS, ['PASS_CIDR']);
      world.expect('pod_out', rest, ACTION.PASS, ['PASS_FRAGMENT']);
    });

    test('is dropped where its first is refused; only the first is answered', () => {
      using world = isolated();
      const [first, later] = cut(datagram(source, server, 10));
      const reply = parse(world.expect('pod_out', first, ACTION.REDIRECT, ['DENY_PORT', 'REPLY_UNREACHABLE']));
      const size = family === 'IPv4' ? 28 : 56;
      assert.deepEqual([...reply.segment.subarray(0, 2)], family === 'IPv4' ? [3, 13] : [1, 1]);
      assert.equal(reply.transportChecksum, 0);
      assert.deepEqual(reply.segment.subarray(8), first.subarray(14, 14 + size));
      world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    });

    test('follows for 30 seconds, and under the same ruleset', () => {
      using world = isolated();
      const [first, later] = cut(datagram(source, server));
      world.expect('pod_out', first, ACTION.PASS, ['PASS_CIDR']);
      world.advance(29n * SECOND);
      world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
      world.advance(2n * SECOND);
      world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
      world.expect('pod_out', first, ACTION.PASS, ['PASS_FLOW']);
      world.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
      select(world, 0, RULESET + 1);
      world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    });

    test('overwrites nothing of what was judged', () => {
      using world = isolated();
      const whole = tcp(
        { source, destination: server, sourcePort: 8, destinationPort: 9 },
        { flags: TCP.SYN, payload: Buffer.alloc(100) },
      );
      const [first, flags] = cut(whole, { offset: 8 });
      const [, options] = cut(whole, { offset: 24 });
      world.expect('pod_out', first, ACTION.PASS, ['PASS_CIDR']);
      world.expect('pod_out', flags, ACTION.SHOT, ['DENY_FRAGMENT']);
      world.expect('pod_out', options, ACTION.PASS, ['PASS_FRAGMENT']);
    });

    test('is not opened by a first too short for its ports', () => {
      using world = isolated();
      const whole = tcp({ source, destination: server, sourcePort: 8, destinationPort: 9 }, { flags: TCP.SYN });
      const [first, later] = cut(whole, { at: 16, offset: 24 });
      world.expect('pod_out', first, ACTION.SHOT, ['DENY_MALFORMED']);
      world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    });

    test('control: passes without any first where the pod is not isolated, or the switch is not on', () => {
      using world = new World();
      const [, later] = cut(datagram(source, server));
      world.expect('pod_out', later, ACTION.PASS, ['PASS_NOT_ISOLATED']);
      world.select(ISOLATED);
      world.configure({ nodeSwitch: NwSwitch.AUDIT });
      world.expect('pod_out', later, ACTION.PASS, ['DENY_FRAGMENT', 'PASS_SWITCHED_AUDIT']);
    });
  });
}

describe('fragments of a pod', () => {
  test('are sixteen datagrams at a time, and cost other pods none', () => {
    using world = isolated();
    const held = world.maps.endpoints.get(ENDPOINT);
    assert.ok(held);
    world.maps.endpoints.set(ENDPOINT - 1, { ...held, number: ENDPOINT - 1 });
    const pieces = Array.from({ length: 17 }, (_, id) => cut(datagram(POD, SERVER), { id }));
    const [first, later] = pieces[0] ?? assert.fail();
    assert.equal(world.run('pod_out', first, ENDPOINT - 1).action, ACTION.PASS);
    for (const [piece] of pieces.slice(0, 16)) world.run('pod_out', piece);
    for (const [, piece] of pieces.slice(0, 16)) world.expect('pod_out', piece, ACTION.PASS, ['PASS_FRAGMENT']);
    world.run('pod_out', pieces[16]?.[0] ?? assert.fail());
    world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    assert.deepEqual(world.run('pod_out', later, ENDPOINT - 1).counted, ['PASS_FRAGMENT']);
  });

  test('carry no question past the rules on names', () => {
    const whole = udp(
      { source: POD, destination: RESOLVER, sourcePort: 40000, destinationPort: 53 },
      query('a.example'),
    );
    const [first, later] = cut(whole, { at: 16 });
    using world = isolated(FILTER_NAMES);
    world.expect('pod_out', first, ACTION.SHOT, ['QUERY_NOT_PLAIN']);
    world.expect('pod_out', later, ACTION.SHOT, ['DENY_FRAGMENT']);
    using control = isolated();
    control.expect('pod_out', first, ACTION.PASS, ['QUERY_NOT_REMEMBERED']);
    control.expect('pod_out', later, ACTION.PASS, ['PASS_FRAGMENT']);
  });

  test('are told by protocol over IPv4, by the first alone over IPv6', () => {
    using world = isolated();
    const [first] = cut(datagram(POD, SERVER));
    world.expect('pod_out', first, ACTION.PASS, ['PASS_CIDR']);
    const other = ip({ source: POD, destination: SERVER }, 6, Buffer.alloc(80), { id: 1, fragment: 8 });
    world.expect('pod_out', other, ACTION.SHOT, ['DENY_FRAGMENT']);
    const [first6, later6] = cut(datagram(POD6, SERVER6), { next: 60 });
    world.expect('pod_out', first6, ACTION.PASS, ['PASS_CIDR']);
    world.expect('pod_out', later6, ACTION.PASS, ['PASS_FRAGMENT']);
  });

  test('have one fragment header', () => {
    using world = isolated();
    const nested = Buffer.from([FRAGMENT_HEADER, 0, 0, 1, 0, 0, 0, 1, 17, 0, 0, 0, 0, 0, 0, 2]);
    const frame = ip({ source: POD6, destination: SERVER6 }, 17, Buffer.from('0008000900100000', 'hex'), {
      extra: nested,
      firstExtension: FRAGMENT_HEADER,
    });
    world.expect('pod_out', frame, ACTION.SHOT, ['DENY_MALFORMED']);
  });

  test('are dropped where a deny refuses their first, for what it allows beside it they pass', () => {
    using world = isolated();
    const rows = [{ protocol: 17 }, { protocol: 17, portFirst: 10, portLast: 10, flags: NwRowFlag.DENY }];
    world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(OTHER) }, rule(rows));
    const [denied, after] = cut(datagram(POD, OTHER, 10));
    world.expect('pod_out', denied, ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_UNREACHABLE']);
    world.expect('pod_out', after, ACTION.SHOT, ['DENY_FRAGMENT']);
    const [allowed, behind] = cut(datagram(POD, OTHER, 11), { id: 2 });
    world.expect('pod_out', allowed, ACTION.PASS, ['PASS_CIDR']);
    world.expect('pod_out', behind, ACTION.PASS, ['PASS_FRAGMENT']);
  });
});
