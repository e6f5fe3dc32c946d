import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { env } from 'node:process';
import { BpfMap, BpfObject, type MapMemory } from '@namewall/libbpf';
import { type Selector, buildIndex } from '@namewall/policy';
import { NwIndex } from '../../src/gen/enums.gen.ts';
import { Random } from './random.ts';

const OBJECT = resolve(import.meta.dirname, '../../../../build/test/name_match.bpf.o');
const ETHERNET = 14;
const KEY = new Uint8Array(4);
const ETHERNET_HEADER = Buffer.alloc(ETHERNET);
/** As struct batch in bpf/test/name_match.bpf.c says. */
const BATCH_NAMES = 64;
const BATCH_HEAD = 8;
const OUTCOME = 64;
/** What a test-run takes as one linear packet. */
const PACKET_OCTETS = 3500;

export interface Outcome {
  /** What name_read() returned: octets, or a negative reason. */
  readonly size: number;
  readonly hash: bigint;
  readonly handles: readonly number[];
  readonly overflow: number;
}

/** bpf/test/name_match.bpf.c, loaded; nothing of it is pinned. */
export class Kernel {
  readonly key: Uint32Array;
  readonly object: BpfObject;
  readonly #blocks: number;
  readonly #exchange: MapMemory;
  readonly #view: DataView;
  readonly #batch: MapMemory;
  /** The index, to write in place: to swap it waits for all CPUs. */
  readonly #index: MapMemory;
  #used = 0;

  constructor(blocks = 4096, key = randomKey()) {
    this.key = key;
    this.#blocks = blocks;
    this.object = BpfObject.open(env['NAMEWALL_NAME_MATCH'] ?? OBJECT);
    for (const { name, pinPath } of this.object.declaredMaps()) {
      if (pinPath !== undefined) this.object.setPinPath(name, null);
    }
    this.object.setInnerMapEntries('names', blocks);
    this.object.setRodata('hash_key_words', new Uint8Array(this.key.buffer, this.key.byteOffset, this.key.byteLength));
    this.object.load();
    this.#exchange = this.object.map('exchange').mmap();
    const { buffer, byteOffset, byteLength } = this.#exchange.bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#batch = this.object.map('batch').mmap();
    using inner = BpfMap.create({
      type: 2,
      name: 'name_index',
      keySize: 4,
      valueSize: NwIndex.INDEX_BLOCK,
      maxEntries: blocks,
      flags: 1024,
    });
    this.object.map('names').update(KEY, inner.asValue());
    this.#index = inner.mmap();
  }

  /** Puts an index of these selectors in; each ruleset is a list of handles, the selector's place + 1. */
  use(selectors: readonly Selector[], rulesets: readonly { number: number; handles: readonly number[] }[]): void {
    const numbered = selectors.map((selector, i) => ({ handle: i + 1, selector }));
    this.put(buildIndex({ selectors: numbered, rulesets, key: this.key, blocks: this.#blocks }));
  }

  put(bytes: Uint8Array): void {
    this.#index.bytes.set(bytes);
    this.#index.bytes.fill(0, bytes.length, this.#used);
    this.#used = bytes.length;
  }

  /** Reads and matches what follows an Ethernet header. */
  match(ruleset: number, payload: Uint8Array): Outcome {
    const data = new Uint8Array(ETHERNET + payload.length);
    data.set(payload, ETHERNET);
    const view = this.#view;
    view.setUint32(0, ruleset, true);
    view.setUint32(16, 0, true);
    view.setUint32(20, 0, true);
    this.object.program('read_and_match').testRun({ data, headroom: 0 });
    const size = view.getInt32(4, true);
    const count = view.getUint32(16, true);
    const handles = Array.from({ length: size < 0 ? 0 : count }, (_, i) => view.getUint32(24 + 4 * i, true));
    return { size, hash: view.getBigUint64(8, true), handles, overflow: view.getUint32(20, true) };
  }

  /** Reads and matches names, many a packet; ends early at one that is bad. */
  matchAll(ruleset: number, names: readonly Uint8Array[]): Outcome[] {
    const outcomes: Outcome[] = [];
    for (let at = 0; at < names.length;) {
      const part = packetOf(names, at);
      const read = this.#matchBatch(ruleset, part);
      outcomes.push(...read);
      if (read.length < part.length) break;
      at += part.length;
    }
    return outcomes;
  }

  #matchBatch(ruleset: number, names: readonly Uint8Array[]): Outcome[] {
    const { buffer, byteOffset, byteLength } = this.#batch.bytes;
    const view = new DataView(buffer, byteOffset, byteLength);
    view.setUint32(0, ruleset, true);
    view.setUint32(4, names.length, true);
    const data = Buffer.concat([ETHERNET_HEADER, ...names]);
    for (let i = 0; i < names.length; i++) view.setInt32(BATCH_HEAD + i * OUTCOME, 0, true);
    this.object.program('read_and_match_batch').testRun({ data, headroom: 0 });
    const outcomes: Outcome[] = [];
    for (let i = 0; i < names.length; i++) {
      const start = BATCH_HEAD + i * OUTCOME;
      const size = view.getInt32(start, true);
      if (size <= 0) break;
      const handles = Array.from({ length: view.getUint32(start + 16, true) }, (_, at) =>
        view.getUint32(start + 24 + 4 * at, true),
      );
      outcomes.push({
        size,
        hash: view.getBigUint64(start + 8, true),
        handles,
        overflow: view.getUint32(start + 20, true),
      });
    }
    return outcomes;
  }

  /** The folded name as the kernel keeps it, with the zeros behind. */
  wire(): Uint8Array {
    return this.#exchange.bytes.slice(64, 64 + 256);
  }

  [Symbol.dispose](): void {
    this.#exchange[Symbol.dispose]();
    this.#batch[Symbol.dispose]();
    this.#index[Symbol.dispose]();
    this.object[Symbol.dispose]();
  }
}

function randomKey(): Uint32Array {
  const bytes = randomBytes(4 * NwIndex.HASH_WORDS);
  return Uint32Array.from({ length: NwIndex.HASH_WORDS }, (_, i) => bytes.readUInt32LE(4 * i));
}

/** As many of the names from `start` on as one packet takes. */
function packetOf(names: readonly Uint8Array[], start: number): Uint8Array[] {
  const part: Uint8Array[] = [];
  let octets = ETHERNET;
  for (let at = start; part.length < BATCH_NAMES; at++) {
    const name = names[at];
    if (name === undefined || octets + name.length > PACKET_OCTETS) break;
    octets += name.length;
    part.push(name);
  }
  return part;
}

/** The same key for the same seed, so that a run can be had again. */
export function seededKey(seed: number): Uint32Array {
  const random = new Random(seed);
  return Uint32Array.from({ length: NwIndex.HASH_WORDS }, () => random.between(0, 0xffff_ffff));
}
