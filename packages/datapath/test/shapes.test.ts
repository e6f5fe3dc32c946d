/** Packets as a real network makes them: test-run's lie in one piece of memory and have complete checksums. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Datapath } from '../src/datapath.ts';
import { background, told } from './lab/program.ts';
import { Probe } from './lab/probe.ts';
import { selectedEndpoint } from './lab/selected.ts';
import { Cabled, clearLeftovers, Root } from './lab/world.ts';

before(clearLeftovers);

const RESOLVER = '198.51.100.1';
const PROGRAM = join(import.meta.dirname, 'programs/shapes.py');
const REFUSED = 5;
type Shape = 'linear' | 'pages' | 'zerocopy' | 'segments';

/** A pod that may ask for names under example.com, a name server that answers in a shape, and probes before our hooks. */
class Shaped implements Disposable {
  readonly dp: Datapath;
  readonly asked: Probe;
  readonly answered: Probe;
  readonly #cable: Cabled;
  readonly #stack = new DisposableStack();

  constructor(offload: 'on' | 'off') {
    try {
      const root = this.#stack.use(new Root());
      this.#cable = this.#stack.use(new Cabled());
      const { host, pod, ends } = this.#cable;
      checksums(host, 'cable0', offload);
      checksums(pod, 'eth0', offload);
      this.dp = root.open();
      const number = selectedEndpoint(this.dp, RESOLVER, '**.example.com');
      this.#cable.onHost(() => this.dp.attach(number, ends));
      this.asked = this.#stack.use(this.#cable.onHost(() => new Probe(ends.hostIfindex, 'ingress')));
      this.answered = this.#stack.use(this.#cable.onHost(() => new Probe(ends.hostIfindex, 'egress')));
    } catch (error) {
      this.#stack.dispose();
      throw error;
    }
  }

  async answering(shape: Shape): Promise<void> {
    this.#stack.use(await background(this.#cable.host, 'python3', PROGRAM, 'answer', shape, RESOLVER));
  }

  /** Asks in a shape; the response codes. */
  async ask(shape: Shape, ...names: readonly string[]): Promise<unknown> {
    return told(this.#cable.pod, 'python3', PROGRAM, 'ask', shape, RESOLVER, ...names);
  }

  /** Last octets of the addresses 203.0.113.0/24 that the pod has learned. */
  learned(): number[] {
    return [...this.dp.maps.learned.keys()].map(({ address }) => address[15] ?? 0).toSorted((a, b) => a - b);
  }

  /** UDP packets that the pod's kernel dropped for their checksum. */
  badChecksums(): number {
    const text = execFileSync('ip', ['netns', 'exec', this.#cable.pod, 'cat', '/proc/net/snmp'], { encoding: 'utf8' });
    const [names = [], values = []] = [...text.matchAll(/^Udp: (.*)$/gm)].map(([, row = '']) => row.split(' '));
    return Number(values[names.indexOf('InCsumErrors')]);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** Whether checksums are left to a device that has none to compute: packets then carry a part of theirs. */
function checksums(netns: string, device: string, offload: 'on' | 'off'): void {
  const ethtool = (...args: readonly string[]): string =>
    execFileSync('ip', ['netns', 'exec', netns, 'ethtool', ...args], { encoding: 'utf8' });
  ethtool('-K', device, 'tx', offload);
  assert.match(ethtool('-k', device), new RegExp(`^tx-checksumming: ${offload}$`, 'm'));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** A name of 253 octets, whose question ends far behind the octets that are made linear at once. */
const longName = (addresses: number, number = 0): string =>
  [
    `${addresses}-`.padEnd(60, `n${number}`),
    ...Array<string>(3).fill('l'.repeat(56)),
    'm'.repeat(9),
    'example.com',
  ].join('.');

for (const [shape, offload] of [
  ['linear', 'on'],
  ['linear', 'off'],
  ['pages', 'on'],
  ['pages', 'off'],
  ['zerocopy', 'on'],
] as const) {
  describe(`packets whose payload is ${shape}, checksum offload ${offload}`, () => {
    test('an answer teaches all its addresses, short or long', async () => {
      using world = new Shaped(offload);
      await world.answering(shape);
      assert.deepEqual(await world.ask('linear', '1-a.example.com'), [0]);
      assert.deepEqual(world.learned(), [1]);
      assert.deepEqual(await world.ask('linear', longName(62)), [0]);
      assert.deepEqual(world.learned(), upTo(62));
      assert.equal(world.answered.nonLinear, shape === 'linear' ? 0n : 2n, 'as our program met them');
      assert.equal(world.badChecksums(), 0);
    });

    test('a question is read: allowed and answered, or refused', async () => {
      using world = new Shaped(offload);
      await world.answering('linear');
      assert.deepEqual(await world.ask(shape, longName(1)), [0]);
      assert.deepEqual(await world.ask(shape, longName(1).replace(/com$/, 'org')), [REFUSED]);
      assert.equal(world.asked.nonLinear, shape === 'linear' ? 0n : 2n, 'as our program met them');
      assert.deepEqual(world.learned(), [1]);
      assert.equal(world.dp.counters().get('REPLY_REFUSED'), 1n);
      assert.equal(world.badChecksums(), 0);
    });
  });
}

for (const offload of ['on', 'off'] as const) {
  test(`three answers in one packet teach all their addresses, checksum offload ${offload}`, async () => {
    using world = new Shaped(offload);
    await world.answering('segments');
    assert.deepEqual(await world.ask('linear', '3-a.example.com', '3-b.example.com', '3-c.example.com'), [0, 0, 0]);
    assert.deepEqual(world.learned(), upTo(9));
    if (offload === 'on') assert.deepEqual([world.answered.segmented, world.answered.nonLinear], [1n, 1n]);
    assert.equal(world.dp.counters().get('ANSWER_LEARNED'), 3n);
    assert.equal(world.badChecksums(), 0);
  });
}

test('thirty answers in one packet: those that end beyond its first 8,192 octets teach nothing and are counted', async () => {
  using world = new Shaped('on');
  await world.answering('segments');
  const names = upTo(30).map((i) => longName(1, i));
  assert.deepEqual(await world.ask('linear', ...names), Array<number>(30).fill(0), 'all are delivered');
  const size = 12 + (names[0] ?? '').length + 2 + 4 + 16;
  const within = Math.floor((8192 - 42) / size);
  assert.deepEqual(world.learned(), upTo(within));
  assert.equal(world.dp.counters().get('ANSWER_BEYOND'), BigInt(30 - within));
  assert.ok(within < 30);
});

test('questions in one packet are no plain question: refused at once where names are filtered', async () => {
  using world = new Shaped('on');
  await world.answering('linear');
  assert.deepEqual(await world.ask('segments', '1-a.example.com', '1-b.example.com'), [REFUSED]);
  assert.deepEqual([world.asked.segmented, world.asked.nonLinear], [1n, 1n]);
  const counters = world.dp.counters();
  assert.deepEqual([counters.get('QUERY_NOT_PLAIN'), counters.get('REPLY_REFUSED')], [1n, 1n]);
});
