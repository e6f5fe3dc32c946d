import { createHash } from 'node:crypto';
import { NwIndex, NwPatternKind } from '../abi.gen.ts';
import { fewestBuckets, placeEntries, type Entries } from './buckets.ts';
import type { IndexedPattern, Node } from './build.ts';
import { IndexError } from './errors.ts';
import type { NameHasher } from './hash.ts';
import {
  IndexBucket,
  IndexGlobLabel,
  IndexHeader,
  IndexList,
  IndexNode,
  IndexPattern,
  PatternLabel,
} from './layout.gen.ts';
import { wireLength, type TypedLabel } from './pattern.ts';

const BLOCK = NwIndex.INDEX_BLOCK;
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

const nodeBlocks = (length: number): number => 1 + Math.ceil(Math.max(0, length - NwIndex.NODE_NAME) / BLOCK);
const listBlocks = (patterns: number): number => Math.ceil(patterns / NwIndex.LIST_PATTERNS);

/** Writes nodes as blocks. @throws IndexError FULL */
export function writeIndex(nodes: readonly Node[], hasher: NameHasher, blocks: number, selectors: number): Uint8Array {
  const content = measure(nodes);
  const { slots, entries, buckets } = place(nodes, hasher, blocks, content.blocks);
  const used = 1 + buckets + content.blocks;
  const bytes = Buffer.alloc(used * BLOCK);
  const writer = new ContentWriter(bytes, 1 + buckets);
  const targets = new Uint32Array(entries.count);
  let root = 0;
  let entry = 0;
  const listed: Node[] = [];
  const blockOf: number[] = [];
  for (const node of nodes) {
    const block = writer.node(node);
    if (node.text === '') root = block;
    else targets[entry++] = node.lists.size > 0 ? block | NwIndex.INDEX_HAS_PATTERNS : block;
    if (node.lists.size > 0) {
      listed.push(node);
      blockOf.push(block);
    }
  }
  for (const [i, node] of listed.entries()) {
    for (const [ruleset, patterns] of node.lists) targets[entry++] = writer.list(ruleset, blockOf[i] ?? 0, patterns);
  }
  for (const [slot, its] of slots.entries()) {
    if (its === 0) continue;
    const at = BLOCK + slot * (IndexBucket.SIZE / NwIndex.INDEX_SLOTS);
    bytes.writeUInt32LE(entries.tag[its - 1] ?? 0, at);
    bytes.writeUInt32LE(targets[its - 1] ?? 0, at + 4);
  }
  bytes.writeUInt32LE(NwIndex.INDEX_MAGIC, IndexHeader.magic);
  bytes.writeUInt32LE(1, IndexHeader.bucketBase);
  bytes.writeUInt32LE(buckets - 1, IndexHeader.bucketMask);
  bytes.writeUInt32LE(root, IndexHeader.rootNode);
  bytes.writeUInt32LE(used, IndexHeader.blocks);
  bytes.writeUInt32LE(selectors, IndexHeader.selectors);
  createHash('sha256').update(bytes).digest().copy(bytes, IndexHeader.version, 0, 16);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // a Buffer's slice() would not copy
}

/** Blocks of all but header and buckets. */
function measure(nodes: readonly Node[]): { blocks: number } {
  let blocks = 0;
  const patterns = new Set<IndexedPattern>();
  const texts = new Set<string>();
  for (const node of nodes) {
    blocks += nodeBlocks(wireLength(node.text));
    for (const list of node.lists.values()) {
      blocks += listBlocks(list.length);
      for (const pattern of list) patterns.add(pattern);
    }
  }
  for (const { pattern } of patterns) {
    blocks += NwIndex.PATTERN_BLOCKS;
    const text = pattern.labels.join('.');
    if (pattern.typed !== undefined || texts.has(text)) continue;
    texts.add(text);
    blocks += NwIndex.GLOB_LABEL_BLOCKS * pattern.labels.length;
  }
  return { blocks };
}

/** Entries in the order in which writeIndex numbers them: nodes, then lists. */
function entriesOf(nodes: readonly Node[], hasher: NameHasher): Entries {
  let count = 0;
  for (const node of nodes) count += node.lists.size + (node.text === '' ? 0 : 1);
  const low = new Uint32Array(count);
  const tag = new Uint32Array(count);
  const wire = new Uint8Array(256);
  let at = 0;
  const put = (): void => {
    low[at] = hasher.low;
    tag[at++] = hasher.high === 0 ? 1 : hasher.high;
  };
  const listed: { lists: Node['lists']; low: number; high: number }[] = [];
  for (const { text, lists } of nodes) {
    hasher.name(wire, writeWire(wire, text));
    if (lists.size > 0) listed.push({ lists, low: hasher.low, high: hasher.high });
    if (text !== '') put();
  }
  for (const node of listed) {
    for (const ruleset of node.lists.keys()) {
      hasher.list(node.low, node.high, ruleset);
      put();
    }
  }
  return { count, low, tag };
}

function place(
  nodes: readonly Node[],
  hasher: NameHasher,
  blocks: number,
  content: number,
): { slots: Uint32Array; entries: Entries; buckets: number } {
  const entries = entriesOf(nodes, hasher);
  let buckets = fewestBuckets(entries.count);
  for (; 1 + buckets + content <= blocks; buckets *= 2) {
    const slots = placeEntries(entries, buckets);
    if (slots !== undefined) return { slots, entries, buckets };
  }
  throw new IndexError(
    'FULL',
    `the name index needs ${1 + buckets + content} blocks, the map "names" has ${blocks}; raise its size (indexBlocks)`,
  );
}

/** Writes a name on the wire, without its root label; returns its length. */
function writeWire(wire: Uint8Array, text: string): number {
  if (text === '') return 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      wire[i - length] = length;
      length = 0;
    } else {
      wire[i + 1] = code;
      length++;
    }
  }
  wire[text.length - length] = length;
  return text.length + 1;
}

class ContentWriter {
  readonly #bytes: Buffer;
  #next: number;
  readonly #patterns = new Map<IndexedPattern, number>();
  readonly #texts = new Map<string, number>();
  readonly #wire = new Uint8Array(256);

  constructor(bytes: Buffer, first: number) {
    this.#bytes = bytes;
    this.#next = first;
  }

  node(node: Node): number {
    const length = writeWire(this.#wire, node.text);
    const block = this.#take(nodeBlocks(length));
    const at = block * BLOCK;
    this.#bytes.writeUInt32LE(node.handle, at + IndexNode.handle);
    this.#bytes[at + IndexNode.length] = length;
    for (let i = 0; i < length; i++) {
      const fromEnd = length - 1 - i;
      this.#bytes[at + IndexNode.words + 8 * (fromEnd >>> 3) + 7 - (fromEnd & 7)] = this.#wire[i] ?? 0;
    }
    return block;
  }

  list(ruleset: number, node: number, patterns: readonly IndexedPattern[]): number {
    const first = this.#take(listBlocks(patterns.length));
    for (let part = 0; part * NwIndex.LIST_PATTERNS < patterns.length; part++) {
      const at = (first + part) * BLOCK;
      const here = patterns.slice(part * NwIndex.LIST_PATTERNS, (part + 1) * NwIndex.LIST_PATTERNS);
      const last = (part + 1) * NwIndex.LIST_PATTERNS >= patterns.length;
      this.#bytes.writeUInt32LE(ruleset, at + IndexList.ruleset);
      this.#bytes.writeUInt32LE(node, at + IndexList.node);
      this.#bytes.writeUInt16LE(here.length, at + IndexList.count);
      this.#bytes.writeUInt32LE(last ? 0 : first + part + 1, at + IndexList.next);
      for (const [i, pattern] of here.entries()) {
        this.#bytes.writeUInt32LE(this.#pattern(pattern), at + IndexList.patterns + 4 * i);
      }
    }
    return first;
  }

  #pattern(indexed: IndexedPattern): number {
    const known = this.#patterns.get(indexed);
    if (known !== undefined) return known;
    const { handle, pattern } = indexed;
    const block = this.#take(NwIndex.PATTERN_BLOCKS);
    const at = block * BLOCK;
    this.#bytes.writeUInt32LE(handle, at + IndexPattern.handle);
    this.#bytes[at + IndexPattern.kind] = pattern.typed ? NwPatternKind.TYPED : NwPatternKind.GLOB;
    this.#bytes[at + IndexPattern.labelCount] = pattern.labels.length;
    this.#bytes[at + IndexPattern.many] = pattern.many;
    if (pattern.typed === undefined) this.#bytes.writeUInt32LE(this.#glob(pattern.labels), at + IndexPattern.text);
    for (const [i, label] of (pattern.typed ?? []).entries()) {
      this.#label(at + IndexPattern.labels + i * PatternLabel.SIZE, label);
    }
    this.#patterns.set(indexed, block);
    return block;
  }

  #label(at: number, label: TypedLabel): void {
    this.#bytes[at + PatternLabel.minLength] = label.min;
    this.#bytes[at + PatternLabel.maxLength] = label.max;
    this.#bytes[at + PatternLabel.prefixLength] = label.prefix.length;
    this.#bytes[at + PatternLabel.suffixLength] = label.suffix.length;
    this.#bytes.set(latin(label.prefix), at + PatternLabel.prefix);
    this.#bytes.set(latin(label.suffix), at + PatternLabel.suffix + 8 - label.suffix.length);
  }

  #glob(labels: readonly string[]): number {
    const text = labels.join('.');
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const first = this.#take(NwIndex.GLOB_LABEL_BLOCKS * labels.length);
    for (const [i, label] of labels.entries()) {
      const at = (first + i * NwIndex.GLOB_LABEL_BLOCKS) * BLOCK;
      this.#bytes[at + IndexGlobLabel.length] = label.length;
      this.#bytes.set(latin(label), at + IndexGlobLabel.text);
    }
    this.#texts.set(text, first);
    return first;
  }

  #take(blocks: number): number {
    const first = this.#next;
    this.#next += blocks;
    return first;
  }
}
