/** How long flows are remembered, whose share of the table they take, and what happens when one is lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import type { Config } from '../../src/gen/structs.gen.ts';
import { icmp, ip, mapped, POD, POD6, TCP, tcp, udp } from './frames.ts';
import { ACTION, ENDPOINT, MINUTE, rule, RULESET, World } from './world.ts';

const { ISOLATED } = NwRulesetFlag;
const SERVER = '203.0.113.80';
const SERVER6 = '2001:db8:80::1';
const STRANGER = '203.0.113.66';

const port = (server: string): number => (server === SERVER ? 443 : 9);
const out = (flags: number, sourcePort = 50000): Buffer =>
  tcp({ source: POD, destination: SERVER, sourcePort, destinationPort: 443 }, { flags });
const back = (flags: number, source = SERVER, sourcePort = port(source)): Buffer =>
  tcp({ source, destination: POD, sourcePort, destinationPort: 50000 }, { flags });
const sctp = ip({ source: POD, destination: SERVER }, 132, Buffer.alloc(12, 1));
const datagram = udp({ source: POD, destination: SERVER, sourcePort: 8, destinationPort: 9 }, Buffer.alloc(4));
const echo = icmp({ source: POD, destination: SERVER }, 8, 0, Buffer.from('00070001', 'hex'));

/** The pod may send to both servers. */
function allowing(flags = ISOLATED): World {
  const world = new World();
  world.select(flags);
  for (const address of [SERVER, SERVER6]) {
    world.maps.cidrs.set({ prefixLength: 160, ruleset: RULESET, address: mapped(address) }, rule([{}]));
  }
  return world;
}

/** From short to long. */
const TIMEOUTS = ['tcpClosing', 'icmpIdle', 'tcpOpening', 'udpIdle', 'tcpIdle'] as const;

describe('a flow is remembered for', () => {
  /** Whose duration the only flow's time is nearest to: the clock is the machine's. */
  function timeout(world: World): string {
    const [flow] = [...world.maps.flows.entries()].map(([, value]) => value);
    const config: Config = world.maps.config.get(0) ?? assert.fail();
    assert.ok(flow);
    const life = flow.expires - flow.created;
    const off = (name: (typeof TIMEOUTS)[number]): bigint =>
      life > config[name] ? life - config[name] : config[name] - life;
    return TIMEOUTS.reduce((best, name) => (off(name) < off(best) ? name : best));
  }

  const { SYN, ACK, FIN, RST } = TCP;
  type Step = readonly ['pod_out' | 'pod_in', Buffer];
  const rows: readonly (readonly [string, string, ...Step[]])[] = [
    ['a SYN', 'tcpOpening', ['pod_out', out(SYN)]],
    ['a handshake half done', 'tcpOpening', ['pod_out', out(SYN)], ['pod_in', back(SYN | ACK)]],
    ['a connection', 'tcpIdle', ['pod_out', out(SYN)], ['pod_in', back(SYN | ACK)], ['pod_out', out(ACK)]],
    ['one in the middle, of which nothing was seen', 'tcpIdle', ['pod_out', out(ACK)]],
    ['one that the pod closes', 'tcpClosing', ['pod_out', out(ACK)], ['pod_out', out(FIN | ACK)]],
    ['its last ACK', 'tcpClosing', ['pod_out', out(FIN | ACK)], ['pod_out', out(ACK)]],
    ['one that the pod resets', 'tcpClosing', ['pod_out', out(ACK)], ['pod_out', out(RST)]],
    ['one that the far end closes, half', 'tcpIdle', ['pod_out', out(ACK)], ['pod_in', back(FIN | ACK)]],
    ['one that the far end resets', 'tcpClosing', ['pod_out', out(ACK)], ['pod_in', back(RST)]],
    ['a reset that the pod ignores', 'tcpIdle', ['pod_out', out(ACK)], ['pod_in', back(RST)], ['pod_out', out(ACK)]],
    ['a call', 'tcpOpening', ['pod_in', back(SYN)]],
    ['a call that is answered', 'tcpOpening', ['pod_in', back(SYN)], ['pod_out', out(SYN | ACK)]],
    ['a call that is taken', 'tcpIdle', ['pod_in', back(SYN)], ['pod_out', out(SYN | ACK)], ['pod_out', out(ACK)]],
    ['a call that is reset', 'tcpClosing', ['pod_in', back(SYN)], ['pod_out', out(ACK)], ['pod_in', back(RST | ACK)]],
    ['a datagram', 'udpIdle', ['pod_out', datagram]],
    ['SCTP', 'udpIdle', ['pod_out', sctp]],
    ['an echo', 'icmpIdle', ['pod_out', echo]],
  ];
  for (const [what, expected, ...steps] of rows) {
    test(`${expected}: ${what}`, () => {
      using world = allowing();
      // Far enough from one another to be told apart, whatever their defaults become.
      world.configure(Object.fromEntries(TIMEOUTS.map((name, i) => [name, BigInt(i + 1) * 10n * MINUTE])));
      for (const [program, frame] of steps) assert.equal(world.run(program, frame).action, ACTION.PASS);
      assert.equal(timeout(world), expected);
    });
  }
});

test('a reset of no flow, or to a port of another, does nothing', () => {
  using world = allowing();
  world.run('pod_out', out(TCP.ACK));
  const before = [...world.maps.flows.entries()];
  for (const frame of [back(TCP.RST, STRANGER), back(TCP.RST, SERVER, 444)]) {
    world.expect('pod_in', frame, ACTION.PASS, ['PASS_INBOUND']);
  }
  assert.deepEqual([...world.maps.flows.entries()], before);
});

describe('shares of the flow table', () => {
  const room = 64;
  const flood = (world: World, program: 'pod_in' | 'pod_out', count = 2 * room): void => {
    for (let i = 1; i <= count; i++) {
      const frame =
        program === 'pod_in'
          ? tcp({ source: STRANGER, destination: POD, sourcePort: i, destinationPort: 80 }, { flags: TCP.SYN })
          : out(TCP.SYN, i);
      world.run(program, frame);
    }
  };

  test('are apart: SYNs from outside leave the pod its own', () => {
    using world = allowing();
    assert.equal(world.maps.flows.maxEntries, room);
    world.configure({ quotaFlowsIn: room / 2, quotaFlowsOut: room / 2 });
    flood(world, 'pod_in');
    world.expect('pod_out', out(TCP.SYN), ACTION.PASS, ['PASS_CIDR']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.flowsIn, room / 2);
  });

  test('control: one share for both, and the flood stops the pod', () => {
    using world = allowing();
    world.configure({ quotaFlowsIn: room, quotaFlowsOut: room });
    flood(world, 'pod_in');
    world.expect('pod_out', out(TCP.SYN), ACTION.REDIRECT, ['DENY_FLOW_FULL', 'REPLY_RESET']);
  });

  test('are apart the other way: a pod that dials much can still be called', () => {
    using world = allowing();
    world.configure({ quotaFlowsIn: room / 2, quotaFlowsOut: room / 2 });
    flood(world, 'pod_out');
    world.expect('pod_in', back(TCP.SYN), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_out', out(TCP.SYN | TCP.ACK), ACTION.PASS, ['PASS_FLOW']);
  });

  test('of inbound datagrams end too: what is over is delivered, its reply is not known', () => {
    using world = new World();
    world.select(ISOLATED);
    world.configure({ quotaFlowsIn: 1 });
    const sent = (n: number): Buffer =>
      udp({ source: STRANGER, destination: POD, sourcePort: n, destinationPort: 8 }, Buffer.alloc(4));
    const reply = (n: number): Buffer =>
      udp({ source: POD, destination: STRANGER, sourcePort: 8, destinationPort: n }, Buffer.alloc(4));
    world.expect('pod_in', sent(1), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    world.expect('pod_in', sent(2), ACTION.PASS, ['PASS_INBOUND_QUOTA']);
    world.expect('pod_out', reply(1), ACTION.PASS, ['PASS_FLOW']);
    world.expect('pod_out', reply(2), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
  });
});

describe('ICMP errors about a flow', () => {
  const families = [
    [
      'IPv4',
      POD,
      SERVER,
      [
        [3, 3],
        [3, 4],
        [11, 1],
        [12, 0],
      ],
    ],
    [
      'IPv6',
      POD6,
      SERVER6,
      [
        [1, 4],
        [2, 0],
        [3, 1],
        [4, 0],
      ],
    ],
  ] as const;
  for (const [family, pod, server, errors] of families) {
    for (const [type, code] of errors) {
      const about = (quoted: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 5, 0]), quoted.subarray(14)]);

      test(`reach both ends: ${family}, type ${type}, code ${code}`, () => {
        using world = allowing();
        const sent = udp({ source: pod, destination: server, sourcePort: 8, destinationPort: 9 }, Buffer.alloc(4));
        const received = udp({ source: server, destination: pod, sourcePort: 9, destinationPort: 8 }, Buffer.alloc(4));
        world.select(ISOLATED);
        world.expect('pod_in', received, ACTION.PASS, ['PASS_INBOUND_FLOW']);
        world.expect('pod_out', sent, ACTION.PASS, ['PASS_FLOW']);
        const fromPod = icmp({ source: pod, destination: server }, type, code, about(received));
        world.expect('pod_out', fromPod, ACTION.PASS, ['PASS_CONTROL']);
        const fromRouter = icmp(
          { source: family === 'IPv4' ? STRANGER : '2001:db8:66::1', destination: pod },
          type,
          code,
          about(sent),
        );
        assert.equal(world.run('pod_in', fromRouter).action, ACTION.PASS);
        for (const key of world.maps.flows.keys()) world.maps.flows.delete(key);
        world.maps.cidrs.delete({ prefixLength: 160, ruleset: RULESET, address: mapped(server) });
        world.expect('pod_out', fromPod, ACTION.SHOT, ['DENY_UNKNOWN']);
      });
    }
  }
});

describe('a flow whose entry is lost', () => {
  const lose = (world: World): void => {
    for (const key of world.maps.flows.keys()) world.maps.flows.delete(key);
  };

  test('is judged again and goes on where it is allowed', () => {
    using world = allowing();
    for (const frame of [out(TCP.SYN), datagram]) world.expect('pod_out', frame, ACTION.PASS, ['PASS_CIDR']);
    lose(world);
    for (const frame of [out(TCP.ACK), datagram]) {
      world.expect('pod_out', frame, ACTION.PASS, ['PASS_CIDR']);
      world.expect('pod_out', frame, ACTION.PASS, ['PASS_FLOW']);
    }
  });

  test('after its timeout too', () => {
    using world = allowing();
    world.run('pod_out', out(TCP.SYN));
    world.run('pod_out', out(TCP.ACK));
    world.advance(180n * MINUTE);
    world.expect('pod_out', out(TCP.ACK), ACTION.PASS, ['PASS_CIDR']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.flowsOut, 1);
  });

  test('is reset where a rule no longer allows it', () => {
    using world = allowing();
    world.run('pod_out', out(TCP.SYN));
    lose(world);
    world.maps.cidrs.delete({ prefixLength: 160, ruleset: RULESET, address: mapped(SERVER) });
    world.expect('pod_out', out(TCP.ACK), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });

  test('from outside is not known any more, of TCP: only a SYN opens it', () => {
    using world = new World();
    world.select(ISOLATED);
    world.expect('pod_in', back(TCP.SYN), ACTION.PASS, ['PASS_INBOUND_FLOW']);
    lose(world);
    world.expect('pod_in', back(TCP.ACK), ACTION.PASS, ['PASS_INBOUND']);
    world.expect('pod_out', out(TCP.ACK), ACTION.REDIRECT, ['DENY_UNKNOWN', 'REPLY_RESET']);
  });
});
