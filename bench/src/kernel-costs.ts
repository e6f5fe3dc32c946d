import { answerBytes, queryBytes } from '@namewall/e2e';
import { type Cable, type Cost, REPEAT } from './cable.ts';
import type { Figure } from './figure.ts';
import { type Ends, TCP_ACK, TCP_SYN, tcpFrame, udpFrame } from './frames.ts';

const COLD_RUNS = 4_000;
const NAME = 'hot.wild.example';
const ADDRESS = '203.0.113.20';

/** What a query costs with the selectors now in force. */
export function queryCost(cable: Cable, selectors: string): Figure[] {
  const hot = cable.hot('out', (batch) => query(cable, batch, NAME));
  const names = Array.from({ length: COLD_RUNS }, (_, i) => `q${(i * 7919) % 100_003}.wild.example`);
  const frames = names.map((name, i) => query(cable, 1000 + i, name));
  return both(`query, ${selectors} selectors`, 500, hot, cable.cold('out', frames));
}

/** What an answer of one address costs, when the pod knows the address and when it does not. */
export function answerCosts(cable: Cable): Figure[] {
  const ask = (id: number, name: string, repeat = 1): void => void cable.pass('out', query(cable, id, name), repeat);
  const known = cable.hot(
    'in',
    (batch) => answer(cable, 8000 + batch, NAME, ADDRESS),
    (batch) => ask(8000 + batch, NAME, REPEAT),
  );
  const order = Array.from({ length: COLD_RUNS }, (_, i) => (i * 7919) % COLD_RUNS);
  const name = (i: number): string => `a${i}.wild.example`;
  const address = (i: number): string => `198.18.${128 + (i >> 8)}.${i & 255}`;
  const cold = (base: number): Cost =>
    cable.cold(
      'in',
      order.map((i) => answer(cable, base + i, name(i), address(i))),
      (index) => ask(base + (order[index] ?? 0), name(order[index] ?? 0)),
    );
  const unknown = cold(10_000);
  const again = cold(20_000);
  return [
    ...both('answer, one address, known', 300, known, again),
    { name: 'answer, one address, new: each once', measured: nanoseconds(unknown), goal: '≤ 500 ns' },
  ];
}

/** What a packet of an established connection costs. */
export function establishedCosts(cable: Cable): Figure[] {
  cable.pass('out', query(cable, 7, NAME));
  cable.pass('in', answer(cable, 7, NAME, ADDRESS));
  const ends = (port: number): Ends => ({
    source: cable.pod,
    sourcePort: port,
    destination: ADDRESS,
    destinationPort: 80,
  });
  const ports = Array.from({ length: COLD_RUNS }, (_, i) => 20_000 + ((i * 7919) % COLD_RUNS));
  for (const port of ports) {
    cable.pass('out', tcpFrame(ends(port), TCP_SYN));
    cable.pass('out', tcpFrame(ends(port), TCP_ACK));
  }
  const hot = cable.hot('out', () => tcpFrame(ends(20_000), TCP_ACK));
  const cold = cable.cold(
    'out',
    ports.toReversed().map((port) => tcpFrame(ends(port), TCP_ACK)),
  );
  return both('packet of an established connection', 100, hot, cold);
}

const POD_PORT = 33_333;

const query = ({ pod, resolver }: Cable, id: number, name: string): Buffer =>
  udpFrame(
    { source: pod, sourcePort: POD_PORT, destination: resolver, destinationPort: 53 },
    queryBytes(id & 0xffff, name),
  );

const answer = ({ pod, resolver }: Cable, id: number, name: string, address: string): Buffer =>
  udpFrame(
    { source: resolver, sourcePort: 53, destination: pod, destinationPort: POD_PORT },
    answerBytes(id & 0xffff, name, address),
  );

const both = (name: string, goal: number, hot: Cost, cold: Cost): Figure[] => [
  { name: `${name}: hot`, measured: nanoseconds(hot), goal: `≤ ${goal} ns` },
  { name: `${name}: each once`, measured: nanoseconds(cold), goal: `≤ ${goal} ns` },
];

const nanoseconds = ({ least, median }: Cost): string => `least ${least}, median ${median} ns`;
