import assert from 'node:assert/strict';
import { buildIndex, nameHash, nameToWire, parseSelector } from '@namewall/policy';
import { u32 } from '../../src/codec.ts';
import { defaultConfig } from '../../src/config.ts';
import { type ReasonName, readCounters } from '../../src/counters.ts';
import { NwAnswerSize, NwPrecedence, NwProgram, NwResolver, NwRowFlag } from '../../src/gen/enums.gen.ts';
import type { Config, Flow, FlowKey, RecentAnswer, Row, Rule } from '../../src/gen/structs.gen.ts';
import type { PinnedMaps } from '../../src/maps/open.ts';
import { DEFAULT_SIZES, type Sizes } from '../../src/sizes.ts';
import { mapped } from './frames.ts';
import { Loaded } from './loaded.ts';

const SK_BUFF = 192;
const CB_OFFSET = 48;
const GSO_SIZE_OFFSET = 176;

export const ENDPOINT = 7;
export const RULESET = 3;
export const RESOLVER = '198.51.100.53';
export const RESOLVER6 = '2001:db8:5::53';
export const MINUTE = 60_000_000_000n;

/** TC actions as a program returns them. */
export const ACTION = { PASS: 0xffff_ffff, SHOT: 2, REDIRECT: 7 } as const;

export interface Allow {
  /** A name or a pattern. */
  readonly select: string;
  readonly query?: number;
  readonly rows?: readonly Partial<Row>[];
}

export interface Outcome {
  readonly action: number;
  readonly frame: Uint8Array;
  /** The reasons counted, one entry a count. */
  readonly counted: readonly ReasonName[];
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The shipped programs over maps of their own; packets are given to them by test-run. */
export class World implements Disposable {
  readonly maps: PinnedMaps;
  readonly sizes: Sizes;
  /** The pod's own, as far as it is known: from the next {@link select} on. */
  addresses: Uint8Array[] = [new Uint8Array(16), new Uint8Array(16)];
  readonly #loaded = Loaded.borrow();
  readonly #key = Uint32Array.from(this.#loaded.key.words);
  #timer = false;

  constructor() {
    this.maps = this.#loaded.maps;
    this.sizes = this.#loaded.sizes;
    this.maps.hashKey.set(0, { words: [...this.#key] });
    for (const slot of ['STREAM_OUT', 'STREAM_IN'] as const) {
      const program = this.#loaded.object.program(slot.toLowerCase());
      this.maps.programs.update(u32.encode(NwProgram[slot]), program.asValue());
    }
    this.configure({});
    this.maps.endpoints.set(ENDPOINT, this.endpoint(0));
    for (const address of [RESOLVER, RESOLVER6]) {
      this.maps.resolvers.set({ address: mapped(address), port: 53, protocol: 17 }, NwResolver.PLAIN);
      this.maps.resolvers.set({ address: mapped(address), port: 53, protocol: 6 }, NwResolver.PLAIN);
      this.maps.resolvers.set({ address: mapped(address), port: 853, protocol: 6 }, NwResolver.ENCRYPTED);
    }
  }

  private endpoint(ruleset: number, number = ENDPOINT) {
    return { number, ruleset, flags: 0, netnsCookie: 0n, selectedAt: 0n, addresses: this.addresses };
  }

  /** Gives another endpoint the same ruleset. */
  addNeighbour(number: number, ruleset = RULESET): void {
    this.maps.endpoints.set(number, this.endpoint(ruleset, number));
  }

  /** Sets the configuration: the defaults, one port of resolvers, and what is given. */
  configure(change: Partial<Config>): void {
    const ports = [0n, 0n, 0n, 0n].map((_, word) => (word === 0 ? 1n << 53n : word === 1 ? 1n << 21n : 0n));
    this.maps.config.set(0, { ...defaultConfig(DEFAULT_SIZES), resolverPorts: ports, ...change });
  }

  /** Moves the datapath's clock forward. */
  advance(nanoseconds: bigint): void {
    const config = this.maps.config.get(0);
    assert(config);
    this.maps.config.set(0, { ...config, clockOffset: config.clockOffset + nanoseconds });
  }

  /** Gives the endpoint a ruleset of these flags and names; handles count from 1 in the order given. */
  select(flags: number, names: readonly Allow[] = [], number = RULESET): void {
    const selectors = names.map(({ select }, i) => ({ handle: i + 1, selector: selectorOf(select) }));
    this.maps.rulesets.set(number, { number, flags, ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n });
    names.forEach(({ query = 1, rows = [{}] }, i) => {
      this.maps.rules.set({ ruleset: number, handle: i + 1 }, rule(rows, query));
    });
    const rulesets = [{ number, handles: selectors.map(({ handle }) => handle) }];
    const { index, sizes } = this.#loaded;
    index.bytes.fill(0);
    index.bytes.set(buildIndex({ selectors, rulesets, key: this.#key, blocks: sizes.indexBlocks }));
    this.maps.endpoints.set(ENDPOINT, this.endpoint(number));
  }

  /** Takes the endpoint's ruleset away. */
  unselect(): void {
    this.maps.endpoints.set(ENDPOINT, this.endpoint(0));
  }

  /** Says that the endpoint was selected at this moment. */
  selectedNow(): void {
    const held = this.maps.endpoints.get(ENDPOINT);
    assert(held);
    this.maps.endpoints.set(ENDPOINT, { ...held, selectedAt: process.hrtime.bigint() });
  }

  /** Sets the endpoint's search list. */
  search(suffixes: readonly string[]): void {
    const wires = suffixes.map(nameToWire);
    const pad = <T>(values: readonly T[], zero: T): T[] => [...values, ...Array<T>(16 - values.length).fill(zero)];
    this.maps.searches.set(ENDPOINT, {
      endpoint: ENDPOINT,
      count: suffixes.length,
      lengths: Uint8Array.from(
        pad(
          wires.map((wire) => wire.length - 1),
          0,
        ),
      ),
      hashes: pad(
        wires.map((wire) => nameHash(wire, this.#key)),
        0n,
      ),
    });
  }

  /** Gives a packet of the pod's, or to it, to its program. gsoSize: octets of each segment it is still to be cut into. */
  run(
    program: 'pod_out' | 'pod_in' | 'fallback_out',
    frame: Uint8Array,
    endpoint = ENDPOINT,
    { gsoSize = 0 } = {},
  ): Outcome {
    const before = readCounters(this.maps);
    const passed = this.give(program, frame, endpoint, gsoSize);
    const counted = [...readCounters(this.maps)].flatMap(([name, count]) =>
      Array.from({ length: Number(count - (before.get(name) ?? 0n)) }, () => name),
    );
    return { ...passed, counted };
  }

  /** The same without reading counters: for many packets. */
  give(program: string, frame: Uint8Array, endpoint = ENDPOINT, gsoSize = 0): Omit<Outcome, 'counted'> {
    const ctx = new Uint8Array(SK_BUFF);
    new DataView(ctx.buffer).setUint32(CB_OFFSET, endpoint, true);
    new DataView(ctx.buffer).setUint32(GSO_SIZE_OFFSET, gsoSize, true);
    const { retval, data } = this.#loaded.object.program(program).testRun({ data: frame, ctx });
    return { action: retval, frame: data };
  }

  /** Starts the kernel timer on these maps. */
  startSweeper(): void {
    this.#timer = true;
    const { retval } = this.#loaded.object.program('sweep_start').testRun({ data: new Uint8Array(64) });
    assert.equal(retval, 0);
  }

  /** Runs a packet and asserts what becomes of it; both packets are printed when it is something else. */
  expect(program: 'pod_out' | 'pod_in', frame: Uint8Array, action: number, counted: readonly ReasonName[]): Uint8Array {
    const outcome = this.run(program, frame);
    const shown = `in   ${hex(frame)}\nout  ${hex(outcome.frame)}`;
    assert.deepEqual(outcome.counted.toSorted(), counted.toSorted(), `counted\n${shown}`);
    assert.equal(outcome.action, action, `action\n${shown}`);
    return outcome.frame;
  }

  /** What the pod has learned: address text to handles that are live now. */
  learned(address: string): number[] {
    const entry = this.maps.learned.get({ endpoint: ENDPOINT, address: mapped(address) });
    return entry === undefined ? [] : entry.handles.filter((handle) => handle !== 0);
  }

  learnedCount(): number {
    return [...this.maps.learned.keys()].length;
  }

  flow(
    key: Pick<FlowKey, 'protocol' | 'localPort' | 'remotePort'> & { local: string; remote: string },
  ): Flow | undefined {
    const { local, remote, ...rest } = key;
    return this.maps.flows.get({ endpoint: ENDPOINT, local: mapped(local), remote: mapped(remote), ...rest });
  }

  /** The first of the records that a name's answer may be kept in. */
  recordOf(name: string): { hash: bigint; first: number } {
    const hash = nameHash(nameToWire(name || '.'), this.#key);
    const perEndpoint = this.maps.answers.maxEntries / this.maps.endpoints.maxEntries;
    const set = hash & BigInt(perEndpoint - 1) & ~BigInt(NwAnswerSize.ANSWER_WAYS - 1);
    return { hash, first: ENDPOINT * perEndpoint + Number(set) };
  }

  /** The recent answer kept for a name. */
  recent(name: string): RecentAnswer | undefined {
    const { hash, first } = this.recordOf(name);
    for (let slot = first; slot < first + NwAnswerSize.ANSWER_WAYS; slot++) {
      const entry = this.maps.answers.get(slot);
      if (entry?.nameHash === hash) return entry;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    // The timer runs as long as its map.
    if (this.#timer) this.#loaded[Symbol.dispose]();
    else this.#loaded.giveBack();
  }
}

function selectorOf(text: string) {
  return parseSelector(text.includes('*') ? { matchPattern: text } : { matchName: text });
}

export function rule(rows: readonly Partial<Row>[], query = 0): Rule {
  const empty = { precedence: 0, portFirst: 0, portLast: 0, protocol: 0, flags: 0 };
  const filled = rows.map((row) => ({
    ...empty,
    precedence: row.flags !== undefined && row.flags & NwRowFlag.DENY ? NwPrecedence.CIDR_DENY : NwPrecedence.ALLOW,
    portLast: 65535,
    ...row,
  }));
  return { count: rows.length, query, rows: [...filled, ...Array.from({ length: 16 - rows.length }, () => empty)] };
}
