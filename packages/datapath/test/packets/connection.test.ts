import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwFlowFlag, NwPrecedence, NwRangeFlag, NwRowFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { addressOctets, icmp, mapped, parse, POD, POD6, TCP, tcp, udp } from './frames.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, rule, RULESET, World } from './world.ts';

const { ISOLATED, FILTER_NAMES, REJECT_SILENT, HAS_AUDIT, AUDIT_ISOLATED } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const SERVER6 = '2001:db8:80::1';
const OTHER = '203.0.113.81';

const syn = (destination = SERVER, destinationPort = 443, sourcePort = 50000): Buffer =>
  tcp({ source: POD, destination, sourcePort, destinationPort }, { flags: TCP.SYN, sequence: 1000 });
const ack = (destination = SERVER, payload = 'x', flags: number = TCP.ACK): Buffer =>
  tcp(
    { source: POD, destination, sourcePort: 50000, destinationPort: 443 },
    { flags, sequence: 1001, acknowledgement: 777, payload: Buffer.from(payload) },
  );
const inbound = (flags: number, source = SERVER): Buffer =>
  tcp({ source, destination: POD, sourcePort: 443, destinationPort: 50000 }, { flags });

/** The pod has learned `address` for the selector with this handle, for ten minutes. */
function learn(world: World, address: string, handle = 1): void {
  const zeros = <T>(zero: T): T[] => Array<T>(7).fill(zero);
  const expires = process.hrtime.bigint() + 10n * MINUTE;
  world.maps.learned.set(
    { endpoint: ENDPOINT, address: mapped(address) },
    { state: 0, used: 0n, handles: [handle, ...zeros(0)], expires: [expires, ...zeros(0n)], names: [0n, ...zeros(0n)] },
  );
}

function allowCidr(world: World, prefix: string, length: number, rows: Parameters<typeof rule>[0]): void {
  world.maps.cidrs.set({ prefixLength: 32 + length, ruleset: RULESET, address: mapped(prefix) }, rule(rows));
}

describe('a new connection', () => {
  test('of a pod that no policy selects passes and its flow is known', () => {
    using world = new World();
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_UNSELECTED']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.flowsOut, 1);
  });

  test('to a learned address passes; to any other it does not', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', syn(OTHER), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });

  test('to an address whose time is over is denied as expired', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    world.advance(11n * MINUTE);
    world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
  });

  test('to an address that a CIDR allows for another port is denied as such', () => {
    using world = new World();
    world.select(ISOLATED);
    const prefix = { prefixLength: 32 + 96 + 24, ruleset: RULESET, address: mapped('203.0.113.0') };
    world.maps.cidrs.set(prefix, rule([{ protocol: 6, portFirst: 443, portLast: 443 }]));
    world.expect('pod_out', syn(SERVER, 443), ACTION.PASS, ['PASS_CIDR']);
    world.expect('pod_out', syn(SERVER, 80), ACTION.REDIRECT, ['DENY_PORT', 'REPLY_RESET']);
  });

  for (const [what, flags] of [
    ['a deny', NwRowFlag.DENY],
    ['an audited rule', NwRowFlag.AUDIT],
  ] as const) {
    test(`to an address that ${what} alone has, for another port, is to an unknown one`, () => {
      using world = new World();
      world.select(ISOLATED, [
        { select: 'api.example.com', rows: [{ flags, protocol: 6, portFirst: 80, portLast: 80 }] },
      ]);
      learn(world, SERVER);
      world.expect('pod_out', syn(SERVER, 443), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
    });
  }

  test('to a learned address but another port or protocol is denied as such', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com', rows: [{ protocol: 6, portFirst: 443, portLast: 444 }] }]);
    learn(world, SERVER);
    world.expect('pod_out', syn(SERVER, 443), ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', syn(SERVER, 444), ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', syn(SERVER, 445), ACTION.REDIRECT, ['DENY_PORT', 'REPLY_RESET']);
    const datagram = udp({ source: POD, destination: SERVER, sourcePort: 1, destinationPort: 443 }, Buffer.alloc(9));
    world.expect('pod_out', datagram, ACTION.REDIRECT, ['DENY_PORT', 'REPLY_UNREACHABLE']);
  });

  test('that another pod learned for is denied', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    const key = { endpoint: ENDPOINT, address: mapped(SERVER) };
    const entry = world.maps.learned.get(key);
    assert.ok(entry);
    world.maps.learned.set({ ...key, endpoint: ENDPOINT + 1 }, entry);
    world.maps.learned.delete(key);
    world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });

  test('by CIDR: an allow passes, a deny wins over an allow whatever their order', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    allowCidr(world, '203.0.113.0', 120, [{}]);
    world.expect('pod_out', syn(OTHER), ACTION.PASS, ['PASS_CIDR']);
    allowCidr(world, OTHER, 128, [{}, { flags: NwRowFlag.DENY }]);
    world.expect('pod_out', syn(OTHER, 443, 2), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
    allowCidr(world, SERVER, 128, [{ flags: NwRowFlag.DENY }]);
    world.expect('pod_out', syn(SERVER, 443, 3), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
  });

  test('a denied name does not knock out an allowed one on the same address; strictly denied it does', () => {
    using world = new World();
    const deny = (precedence: number) => [{ precedence, flags: NwRowFlag.DENY }];
    const selectors = (precedence: number) => [
      { select: 'good.example.com' },
      { select: 'evil.example.com', query: 2, rows: deny(precedence) },
    ];
    const both = (): void => {
      learn(world, SERVER);
      const key = { endpoint: ENDPOINT, address: mapped(SERVER) };
      const entry = world.maps.learned.get(key);
      assert.ok(entry);
      world.maps.learned.set(key, {
        ...entry,
        handles: [1, 2, 0, 0, 0, 0, 0, 0],
        expires: Array<bigint>(8).fill(entry.expires[0] ?? 0n),
      });
    };
    world.select(ISOLATED, selectors(NwPrecedence.NAME_DENY));
    both();
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
    world.select(ISOLATED, selectors(NwPrecedence.STRICT_NAME_DENY), RULESET + 1);
    world.expect('pod_out', syn(SERVER, 443, 2), ACTION.REDIRECT, ['DENY_NAME', 'REPLY_RESET']);
  });

  test('to a cluster range passes, to the metadata address in it does not', () => {
    using world = new World();
    world.select(ISOLATED);
    world.maps.ranges.set({ prefixLength: 112, address: mapped('198.18.0.0') }, NwRangeFlag.CLUSTER);
    world.maps.ranges.set(
      { prefixLength: 128, address: mapped('198.18.9.9') },
      NwRangeFlag.CLUSTER | NwRangeFlag.METADATA,
    );
    world.expect('pod_out', syn('198.18.3.3'), ACTION.PASS, ['PASS_RANGE']);
    world.expect('pod_out', syn('198.18.9.9'), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
    allowCidr(world, '198.18.3.0', 120, [{ flags: NwRowFlag.DENY }]);
    world.expect('pod_out', syn('198.18.3.3', 443, 2), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
  });

  test('of a pod that is selected but not isolated passes unless a rule denies it', () => {
    using world = new World();
    world.select(0);
    allowCidr(world, OTHER, 128, [{ flags: NwRowFlag.DENY }]);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NOT_ISOLATED']);
    world.expect('pod_out', syn(OTHER), ACTION.REDIRECT, ['DENY_CIDR', 'REPLY_RESET']);
  });

  test('that only audited policies would deny passes and is counted', () => {
    using world = new World();
    world.select(HAS_AUDIT | AUDIT_ISOLATED);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_AUDIT_DENY', 'PASS_NOT_ISOLATED']);
    allowCidr(world, SERVER, 128, [{ flags: NwRowFlag.AUDIT }]);
    world.expect('pod_out', syn(SERVER, 443, 2), ACTION.PASS, ['PASS_NOT_ISOLATED']);
    allowCidr(world, SERVER, 128, [{ flags: NwRowFlag.AUDIT | NwRowFlag.DENY }]);
    world.expect('pod_out', syn(SERVER, 443, 3), ACTION.PASS, ['PASS_AUDIT_DENY', 'PASS_NOT_ISOLATED']);
  });

  test('of an endpoint that is gone is dropped', () => {
    using world = new World();
    assert.equal(world.run('pod_out', syn(), ENDPOINT + 256).action, ACTION.SHOT);
    assert.equal(world.run('pod_out', syn(), 0).action, ACTION.SHOT);
  });

  test('to encrypted DNS is reset where names are filtered, and only there', () => {
    using world = new World();
    world.expect('pod_out', syn(RESOLVER, 853), ACTION.PASS, ['PASS_UNSELECTED']);
    world.select(ISOLATED | FILTER_NAMES);
    world.maps.ranges.set({ prefixLength: 128, address: mapped(RESOLVER) }, NwRangeFlag.CLUSTER);
    world.expect('pod_out', syn(RESOLVER, 853, 2), ACTION.REDIRECT, ['QUERY_ENCRYPTED', 'REPLY_RESET']);
    world.expect('pod_out', syn(RESOLVER, 854, 2), ACTION.PASS, ['PASS_RANGE']);
  });
});

describe('a refusal', () => {
  for (const [family, source, destination] of [
    ['IPv4', POD, SERVER],
    ['IPv6', POD6, SERVER6],
  ] as const) {
    test(`of a SYN is a reset that acknowledges it, checksums right (${family})`, () => {
      using world = new World();
      world.select(ISOLATED);
      const frame = tcp({ source, destination, sourcePort: 5, destinationPort: 6 }, { flags: TCP.SYN, sequence: 1000 });
      const reply = parse(world.expect('pod_out', frame, ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']));
      assert.deepEqual([reply.sourcePort, reply.destinationPort, reply.transportChecksum], [6, 5, 0]);
      assert.deepEqual([reply.segment.readUInt32BE(8), reply.segment[13]], [1001, TCP.RST | TCP.ACK]);
      assert.deepEqual(addressOctets(reply.source), addressOctets(destination));
      assert.equal(reply.segment.length, 20);
    });

    test(`of a datagram is ICMP prohibited that quotes it (${family})`, () => {
      using world = new World();
      world.select(ISOLATED);
      const frame = udp({ source, destination, sourcePort: 5, destinationPort: 6 }, Buffer.alloc(600, 1));
      const reply = parse(world.expect('pod_out', frame, ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']));
      assert.deepEqual([...reply.segment.subarray(0, 2)], family === 'IPv4' ? [3, 13] : [1, 1]);
      assert.equal(reply.transportChecksum, 0);
      const size = family === 'IPv4' ? 28 : 48;
      assert.deepEqual(reply.segment.subarray(8, 8 + size), frame.subarray(14, 14 + size));
    });
  }

  test('in the middle of a connection resets at the acknowledged sequence, without the data', () => {
    using world = new World();
    world.select(ISOLATED);
    const reply = parse(
      world.expect('pod_out', ack(SERVER, 'hello'), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']),
    );
    assert.deepEqual(
      [reply.segment.readUInt32BE(4), reply.segment.readUInt32BE(8), reply.segment.length],
      [777, 1006, 20],
    );
  });

  test('answers no reset, no ICMP, no multicast, and nothing at all when it shall be silent', () => {
    using world = new World();
    world.select(ISOLATED);
    world.expect('pod_out', ack(SERVER, '', TCP.RST), ACTION.SHOT, ['DENY_UNKNOWN']);
    world.expect('pod_out', icmp({ source: POD, destination: SERVER }, 8, 0, Buffer.alloc(8)), ACTION.SHOT, [
      'DENY_UNKNOWN',
    ]);
    const multicast = udp(
      { source: POD, destination: '224.0.0.251', sourcePort: 5353, destinationPort: 5353 },
      Buffer.alloc(20),
    );
    world.expect('pod_out', multicast, ACTION.SHOT, ['DENY_UNKNOWN']);
    world.select(ISOLATED | REJECT_SILENT, [], RULESET + 1);
    world.expect('pod_out', syn(), ACTION.SHOT, ['DENY_UNKNOWN']);
  });
});

describe('a known flow', () => {
  test('lives on when its address has expired', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    world.advance(11n * MINUTE);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    world.expect('pod_out', syn(SERVER, 443, 2), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
  });

  test('is judged again under another ruleset: kept where allowed, reset where not', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    world.run('pod_out', syn());
    world.select(ISOLATED, [{ select: 'api.example.com' }, { select: 'new.example.com' }], RULESET + 1);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_NAME']);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    world.select(ISOLATED, [], RULESET + 2);
    world.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });

  test("older than the pod's selection goes on for the grandfather time and no longer", () => {
    using world = new World();
    world.run('pod_out', syn());
    world.run('pod_out', ack());
    world.select(ISOLATED);
    const endpoint = world.maps.endpoints.get(ENDPOINT);
    assert.ok(endpoint);
    world.maps.endpoints.set(ENDPOINT, { ...endpoint, selectedAt: process.hrtime.bigint() + 1_000_000_000n });
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_GRANDFATHERED']);
    world.expect('pod_out', syn(SERVER, 443, 2), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
    world.advance(61n * MINUTE);
    world.expect('pod_out', ack(), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });

  test('that has ended is no free pass for a new SYN', () => {
    using world = new World();
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    world.run('pod_out', syn());
    world.advance(11n * MINUTE);
    world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_EXPIRED', 'REPLY_RESET']);
  });

  test('over the quota is denied where the pod is isolated and passes untracked where not', () => {
    using world = new World();
    world.configure({ quotaFlowsOut: 1 });
    world.select(0);
    world.run('pod_out', syn());
    world.expect('pod_out', syn(SERVER, 443, 2), ACTION.PASS, ['PASS_NOT_TRACKED']);
    world.select(ISOLATED, [], RULESET + 1);
    allowCidr(world, '203.0.113.0', 120, [{}]);
    world.maps.cidrs.set({ prefixLength: 32 + 120, ruleset: RULESET + 1, address: mapped('203.0.113.0') }, rule([{}]));
    world.expect('pod_out', syn(SERVER, 443, 3), ACTION.REDIRECT, ['DENY_FLOW_QUOTA', 'REPLY_RESET']);
  });
});

describe('from outside', () => {
  test('a SYN opens a flow for the reply; an ACK does not', () => {
    using world = new World();
    world.select(ISOLATED);
    world.expect('pod_in', inbound(TCP.ACK), ACTION.PASS, ['PASS_INBOUND']);
    world.expect('pod_out', ack(SERVER, '', TCP.SYN | TCP.ACK), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
    world.expect('pod_in', inbound(TCP.SYN), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_out', ack(SERVER, '', TCP.SYN | TCP.ACK), ACTION.PASS, ['PASS_FLOW']);
    assert.deepEqual([world.maps.usage.get(ENDPOINT)?.flowsIn, world.maps.usage.get(ENDPOINT)?.flowsOut], [1, 0]);
  });

  test('a flow from outside carries no connection of the pod, and survives a new ruleset', () => {
    using world = new World();
    world.select(ISOLATED);
    world.run('pod_in', inbound(TCP.SYN));
    world.expect('pod_out', syn(), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
    world.select(ISOLATED, [{ select: 'api.example.com' }], RULESET + 1);
    world.expect('pod_out', ack(), ACTION.PASS, ['PASS_FLOW']);
    const flow = world.flow({ local: POD, remote: SERVER, localPort: 50000, remotePort: 443, protocol: 6 });
    assert.equal((flow?.flags ?? 0) & NwFlowFlag.INBOUND, NwFlowFlag.INBOUND);
  });

  test('a flood of SYNs does not stop the pod from dialling out', () => {
    using world = new World();
    world.configure({ quotaFlowsIn: 8 });
    world.select(ISOLATED, [{ select: 'api.example.com' }]);
    learn(world, SERVER);
    const outcomes = Array.from({ length: 20 }, (_, i) =>
      world.run(
        'pod_in',
        tcp({ source: OTHER, destination: POD, sourcePort: i + 1, destinationPort: 80 }, { flags: TCP.SYN }),
      ),
    );
    assert.equal(outcomes.filter(({ counted }) => counted.includes('PASS_INBOUND_QUOTA')).length, 12);
    world.expect('pod_out', syn(), ACTION.PASS, ['PASS_NAME']);
  });

  test('a datagram or an echo request opens a reply-only flow', () => {
    using world = new World();
    world.select(ISOLATED);
    world.expect(
      'pod_in',
      udp({ source: SERVER, destination: POD, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4)),
      ACTION.PASS,
      ['PASS_INBOUND_FLOW'],
    );
    world.expect(
      'pod_out',
      udp({ source: POD, destination: SERVER, sourcePort: 8, destinationPort: 9 }, Buffer.alloc(4)),
      ACTION.PASS,
      ['PASS_FLOW'],
    );
    const echo = Buffer.from('00070001', 'hex');
    world.expect('pod_in', icmp({ source: SERVER, destination: POD }, 8, 0, echo), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_out', icmp({ source: POD, destination: SERVER }, 0, 0, echo), ACTION.PASS, ['PASS_FLOW']);
  });
});

test('the fallback passes unselected pods and cuts off selected ones', () => {
  using world = new World();
  assert.deepEqual(world.run('fallback_out', syn()).counted, ['PASS_UNSELECTED']);
  world.select(ISOLATED);
  assert.equal(world.run('fallback_out', syn()).action, ACTION.SHOT);
});
