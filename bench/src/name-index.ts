/**
 * What reading and matching one name costs, net of an empty program, and how long the index takes to build.
 *
 *   node bench/src/name-index.ts        root; after `make build`
 */
import { resolve } from 'node:path';
import { BpfMap, BpfObject, MapFlag, MapType } from '@namewall/libbpf';
import { type Selector, buildIndex, nameToWire, parseSelector } from '@namewall/policy';
import { selectors } from './selectors.ts';

const OBJECT = resolve(import.meta.dirname, '../../build/test/name_match.bpf.o');
const BLOCK = 64;
const BLOCKS = 524_288;
const ROUNDS = 7;
const REPEAT = 200_000;
const RULESET = 1;
const MARK = 8; // of struct __sk_buff: where the program finds its ruleset

const FIXED = ['api.stripe.com', 'www.api.stripe.com', '*.api.stripe.com', '*.s3.*.amazonaws.com', '**.evil.example'];
const NAMES: readonly (readonly [string, string])[] = [
  ['api.stripe.com', 'a name'],
  ['www.api.stripe.com', 'a name and a pattern'],
  ['bucket.s3.eu-west-1.amazonaws.com', 'a pattern of two wildcards'],
  ['a.b.c.evil.example', 'a double star'],
  ['xfooy.glob.com', 'a glob'],
  ['www.nothing.here.com', 'nothing'],
];

/** Those that the names above are for, and others beside. */
function selectorsOf(count: number): Selector[] {
  const own = [...FIXED, '*foo*.glob.com'].map((text) => parseSelector({ matchPattern: text }));
  return [...own, ...selectors(count - own.length)];
}

const key = crypto.getRandomValues(new Uint32Array(68));
using object = BpfObject.open(OBJECT);
for (const { name, pinPath } of object.declaredMaps()) if (pinPath !== undefined) object.setPinPath(name, null);
object.setInnerMapEntries('names', BLOCKS);
object.setRodata('hash_key_words', new Uint8Array(key.buffer));
object.load();
const ctx = new Uint8Array(192);
ctx[MARK] = RULESET;

/** The least of several rounds: what else the machine does only adds. */
function nanoseconds(program: string, data: Uint8Array): number {
  const rounds = Array.from({ length: ROUNDS }, () => object.program(program).testRun({ data, ctx, repeat: REPEAT }));
  return Math.min(...rounds.map(({ durationNs }) => durationNs));
}

for (const count of [10, 1000, 10_000, 100_000]) {
  const listed = selectorsOf(count).map((selector, i) => ({ handle: i + 1, selector }));
  const rulesets = [{ number: RULESET, handles: listed.map(({ handle }) => handle) }];
  const begun = performance.now();
  const bytes = buildIndex({ selectors: listed, rulesets, key, blocks: BLOCKS });
  const built = performance.now() - begun;
  const flags = MapFlag.MMAPABLE;
  const shape = { type: MapType.ARRAY, name: 'name_index', keySize: 4, valueSize: BLOCK, maxEntries: BLOCKS, flags };
  using inner = BpfMap.create(shape);
  using memory = inner.mmap();
  memory.bytes.set(bytes);
  object.map('names').update(new Uint8Array(4), inner.asValue());
  console.log(`${count} selectors: built in ${built.toFixed(0)} ms, ${bytes.length / BLOCK} blocks`);
  for (const [name, what] of NAMES) {
    const wire = nameToWire(name);
    const data = new Uint8Array(14 + wire.length);
    data.set(wire, 14);
    const empty = nanoseconds('empty', data);
    const read = nanoseconds('read_only', data) - empty;
    const both = nanoseconds('read_match_only', data) - empty;
    console.log(`  ${name.padEnd(34)} read ${read} ns, read and match ${both} ns (${what})`);
  }
}
