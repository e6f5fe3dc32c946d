import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { env } from 'node:process';
import { BpfMap, BpfObject, type MapMemory } from '@namewall/libbpf';
import { type Selector, buildIndex } from '@namewall/policy';
import { NwIndex } from '../../src/gen/enums.gen.ts';

const OBJECT = resolve(import.meta.dirname, '../../../../build/test/name_match.bpf.o');
const ETHERNET = 14;
const KEY = new Uint8Array(4);

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
  }

  /** Puts an index of these selectors in; each ruleset is a list of handles, the selector's place + 1. */
  use(selectors: readonly Selector[], rulesets: readonly { number: number; handles: readonly number[] }[]): void {
    const numbered = selectors.map((selector, i) => ({ handle: i + 1, selector }));
    this.put(buildIndex({ selectors: numbered, rulesets, key: this.key, blocks: this.#blocks }));
  }

  put(bytes: Uint8Array): void {
    using inner = BpfMap.create({
      type: 2,
      name: 'name_index',
      keySize: 4,
      valueSize: NwIndex.INDEX_BLOCK,
      maxEntries: this.#blocks,
      flags: 1024,
    });
    {
      using memory = inner.mmap();
      memory.bytes.set(bytes);
    }
    this.object.map('names').update(KEY, inner.asValue());
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

  /** The folded name as the kernel keeps it, with the zeros behind. */
  wire(): Uint8Array {
    return this.#exchange.bytes.slice(64, 64 + 256);
  }

  [Symbol.dispose](): void {
    this.#exchange[Symbol.dispose]();
    this.object[Symbol.dispose]();
  }
}

function randomKey(): Uint32Array {
  const bytes = randomBytes(4 * NwIndex.HASH_WORDS);
  return Uint32Array.from({ length: NwIndex.HASH_WORDS }, (_, i) => bytes.readUInt32LE(4 * i));
}
