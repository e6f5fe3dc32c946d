import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwResolver, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a } from './asking.ts';
import { addressOctets, mapped, POD, TCP, tcp, udp } from './frames.ts';
import { pointer, QNAME, query, record, response, TYPE } from './messages.ts';
import { ACTION, ENDPOINT, RESOLVER, RULESET, rule, World } from './world.ts';

/**
 * An answer teaches the pod that asked, and only when everything that tells one question from another is the same.
 * Every value below is as trusted as its neighbour: both pods may ask for both names of both servers at both ports.
 */
const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;
const NEIGHBOUR = ENDPOINT - 1;
const RECORDS = {
  [TYPE.A]: a('203.0.113.1'),
  [TYPE.AAAA]: record(pointer(QNAME), TYPE.AAAA, addressOctets('2001:db8::1')),
};
const ENDS = {
  endpoint: [ENDPOINT, NEIGHBOUR],
  server: [RESOLVER, '198.51.100.54'],
  serverPort: [53, 5353],
  podPort: [40000, 40001],
  id: [0x1234, 0x4321],
  name: ['api.example.com', 'api.example.net'],
  type: [TYPE.A, TYPE.AAAA],
} as const;
type End = keyof typeof ENDS;
type Choice = Readonly<Record<End, 0 | 1>>;
const NAMES = Object.keys(ENDS) as End[];
const FIRST: Choice = { endpoint: 0, server: 0, serverPort: 0, podPort: 0, id: 0, name: 0, type: 0 };

/** Each of the 2^7 ways to choose. */
const ALL: readonly Choice[] = Array.from({ length: 2 ** NAMES.length }, (_, bits) => ({
  ...FIRST,
  ...Object.fromEntries(NAMES.map((end, i) => [end, (bits >> i) & 1])),
}));

function pods(): World {
  const world = new World();
  world.select(FILTER_NAMES | ISOLATED, [{ select: '*' }]);
  world.addNeighbour(NEIGHBOUR);
  for (const server of ENDS.server) {
    for (const port of ENDS.serverPort) {
      world.maps.resolvers.set({ address: mapped(server), port, protocol: 17 }, NwResolver.PLAIN);
    }
  }
  const ports = [0n, 0n, 0n, 0n];
  for (const port of ENDS.serverPort) {
    const word = (port & 255) >> 6;
    ports[word] = (ports[word] ?? 0n) | (1n << BigInt(port & 63));
  }
  world.configure({ resolverPorts: ports, quotaPending: 2 });
  return world;
}

/** What a choice stands for, as a question's and as an answer's ends. */
function chosen({ endpoint, server, serverPort, podPort, id, name, type }: Choice) {
  const far = { address: ENDS.server[server], port: ENDS.serverPort[serverPort] };
  const port = ENDS.podPort[podPort];
  return {
    out: { source: POD, destination: far.address, sourcePort: port, destinationPort: far.port },
    in: { source: far.address, destination: POD, sourcePort: far.port, destinationPort: port },
    endpoint: ENDS.endpoint[endpoint],
    id: ENDS.id[id],
    name: ENDS.name[name],
    type: ENDS.type[type],
  };
}

function ask(world: World, choice: Choice): void {
  const { out, endpoint, name, type, id } = chosen(choice);
  assert.equal(world.give('pod_out', udp(out, query(name, type, { id })), endpoint).action, ACTION.PASS);
}

/** Gives an answer; returns who learned of it, and has that forgotten. */
function answer(world: World, choice: Choice): number[] {
  const { in: ends, endpoint, name, type, id } = chosen(choice);
  const frame = udp(ends, response(name, type, [RECORDS[type]], { id }));
  assert.equal(world.give('pod_in', frame, endpoint).action, ACTION.PASS);
  const keys = [...world.maps.learned.keys()];
  for (const key of keys) world.maps.learned.delete(key);
  return keys.map((key) => key.endpoint);
}

describe('one question', () => {
  test('is answered by none of the 127 answers that differ in one thing or several', () => {
    using world = pods();
    ask(world, FIRST);
    for (const choice of ALL) {
      if (choice !== ALL[0]) assert.deepEqual(answer(world, choice), [], JSON.stringify(choice));
    }
    assert.deepEqual(answer(world, FIRST), [ENDPOINT], 'control: its own answer teaches the pod that asked');
  });

  for (const end of NAMES) {
    test(`is told from another by its ${end}`, () => {
      using world = pods();
      const other: Choice = { ...FIRST, [end]: 1 };
      ask(world, other);
      assert.deepEqual(answer(world, FIRST), []);
      assert.deepEqual(answer(world, other), [chosen(other).endpoint]);
    });
  }

  test('control: each of the 128, asked and answered, teaches its own pod', () => {
    using world = pods();
    for (const choice of ALL) {
      ask(world, choice);
      assert.deepEqual(answer(world, choice), [chosen(choice).endpoint], JSON.stringify(choice));
    }
  });

  test('is not answered by a TCP segment of the same octets', () => {
    using world = pods();
    ask(world, FIRST);
    const ends = { source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 };
    const payload = response(ENDS.name[0], TYPE.A, [RECORDS[TYPE.A]]);
    world.give('pod_in', tcp(ends, { flags: TCP.ACK, payload }));
    assert.equal(world.learnedCount(), 0);
    assert.deepEqual(answer(world, FIRST), [ENDPOINT]);
  });
});

describe('one rule, for api.example.com at TCP 443', () => {
  const PROTOCOL = { TCP: 6, UDP: 17 } as const;
  const OF = { 'api.example.com': '203.0.113.1', 'api.example.net': '203.0.113.2' } as const;

  function learned(): World {
    const world = pods();
    world.configure({ resolverPorts: [1n << 53n, 0n, 0n, 0n] });
    world.select(FILTER_NAMES | ISOLATED, [
      { select: 'api.example.com', rows: [{ protocol: PROTOCOL.TCP, portFirst: 443, portLast: 443 }] },
      { select: '*', rows: [] },
    ]);
    const ends = { source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 };
    for (const [i, [name, address]] of Object.entries(OF).entries()) {
      ask(world, { ...FIRST, name: i === 0 ? 0 : 1 });
      world.give('pod_in', udp(ends, response(name, TYPE.A, [a(address)])));
    }
    return world;
  }

  for (const endpoint of [ENDPOINT, NEIGHBOUR]) {
    for (const [name, destination] of Object.entries(OF)) {
      for (const port of [443, 80]) {
        for (const protocol of ['TCP', 'UDP'] as const) {
          const passes = endpoint === ENDPOINT && name === 'api.example.com' && port === 443 && protocol === 'TCP';
          const who = endpoint === ENDPOINT ? 'the pod' : 'its neighbour';
          test(`${passes ? 'lets' : 'does not let'} ${who} connect to ${name} at ${protocol} ${port}`, () => {
            using world = learned();
            const ends = { source: POD, destination, sourcePort: 5000, destinationPort: port };
            const frame = protocol === 'TCP' ? tcp(ends, { flags: TCP.SYN }) : udp(ends, Buffer.alloc(1));
            const { action, counted } = world.run('pod_out', frame, endpoint);
            assert.equal(action === ACTION.PASS, passes, counted.join());
            assert.match(counted[0] ?? '', passes ? /^PASS_NAME$/ : /^DENY_(PORT|UNKNOWN)$/);
          });
        }
      }
    }
  }

  test('control: with any port and protocol in the rule, the pod connects to both ports by both', () => {
    using world = learned();
    world.maps.rules.set({ ruleset: RULESET, handle: 1 }, rule([{}], 1));
    for (const destinationPort of [443, 80]) {
      const ends = { source: POD, destination: OF['api.example.com'], sourcePort: 5001, destinationPort };
      world.expect('pod_out', tcp(ends, { flags: TCP.SYN }), ACTION.PASS, ['PASS_NAME']);
      world.expect('pod_out', udp(ends, Buffer.alloc(1)), ACTION.PASS, ['PASS_NAME']);
    }
  });
});
