import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BpfMap, MapFlag, MapType, possibleCpus, UpdateFlag } from '../src/index.ts';
import { libbpfError, loadProbe, PACKET, pinDirectory, readU32, u32, u64 } from './lab.ts';

function hash(maxEntries = 16): BpfMap {
  return BpfMap.create({ type: MapType.HASH, name: 'numbers', keySize: 4, valueSize: 8, maxEntries });
}

const total = (values: Iterable<number>): number => Iterator.from(values).reduce((sum, value) => sum + value, 0);

test('update, look up, take, delete', () => {
  using map = hash();
  assert.equal(map.lookup(u32(1)), undefined);
  map.update(u32(1), u64(10));
  assert.deepEqual(map.lookup(u32(1)), u64(10));
  assert.throws(() => map.update(u32(1), u64(11), UpdateFlag.NOEXIST), libbpfError('EEXIST', /update_elem\(numbers\)/));
  assert.throws(() => map.update(u32(2), u64(11), UpdateFlag.EXIST), libbpfError('ENOENT', /update_elem\(numbers\)/));
  assert.equal(map.delete(u32(1)), true);
  assert.equal(map.delete(u32(1)), false);
  map.update(u32(3), u64(30));
  assert.deepEqual(map.take(u32(3)), u64(30));
  assert.equal(map.take(u32(3)), undefined);
});

test('a full map and bytes of the wrong length', () => {
  using map = hash(1);
  map.update(u32(1), u64(1));
  assert.throws(() => map.update(u32(2), u64(2)), libbpfError('E2BIG', /the map is full/));
  assert.throws(
    () => map.lookup(u64(1)),
    libbpfError('EINVAL', /BpfMap\.lookup\(numbers\).*key must be 4 bytes long, not 8/),
  );
  assert.throws(() => map.update(u32(1), u32(1)), libbpfError('EINVAL', /value must be 8 bytes long, not 4/));
});

test('what the kernel does not take is an error with the call', () => {
  assert.throws(
    () => BpfMap.create({ type: MapType.HASH, name: 'bad', keySize: 0, valueSize: 8, maxEntries: 1 }),
    libbpfError('EINVAL', /bpf_map_create\(bad\)/),
  );
  assert.throws(() => BpfMap.openById(2 ** 31), libbpfError('ENOENT', /bpf_map_get_fd_by_id/));
});

test('batches write, list and delete thousands of entries', () => {
  using map = hash(3000);
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  const keys = Buffer.concat(numbers.map(u32));
  assert.equal(map.updateBatch(keys, Buffer.concat(numbers.map(u64)), 3000), 3000);
  const entries = [...map.entries()];
  assert.equal(entries.length, 3000);
  assert.ok(entries.every(([key, value]) => readU32(key) === readU32(value)));
  assert.equal(total(entries.map(([key]) => readU32(key) ?? 0)), (3000 * 2999) / 2);
  assert.equal(map.deleteBatch(keys.subarray(0, 4 * 1000), 1000), 1000);
  assert.equal([...map.keys()].length, 2000);
  assert.throws(() => map.deleteBatch(keys.subarray(0, 4), 1), libbpfError('ENOENT', /0 of 1 keys were deleted/));
  assert.throws(() => map.updateBatch(keys, new Uint8Array(8), 1), libbpfError('EINVAL', /keys must be 4 bytes/));
});

test('the entries of an empty and of a tiny map', () => {
  using map = hash(2);
  assert.deepEqual([...map.entries()], []);
  assert.deepEqual([...map.keys()], []);
  map.update(u32(5), u64(6));
  assert.deepEqual([...map.entries()], [[u32(5), u64(6)]]);
});

test('keys may be deleted while they are walked', () => {
  using map = hash(64);
  for (let i = 0; i < 64; i++) map.update(u32(i), u64(i));
  let walked = 0;
  for (const key of map.keys()) walked += map.delete(key) ? 1 : 0;
  assert.equal(walked, 64);
  assert.deepEqual([...map.entries()], []);
});

test('a per-CPU value has a slot for each possible CPU', () => {
  using object = loadProbe();
  const map = object.map('per_cpu');
  assert.equal(map.valueBytes, possibleCpus() * 8);
  for (let i = 0; i < 3; i++) object.program('count').testRun({ data: PACKET });
  const slots = map.lookup(u32(1)) ?? Buffer.alloc(0);
  assert.equal(total(Array.from({ length: possibleCpus() }, (_, cpu) => readU32(slots, cpu * 8) ?? 0)), 3);
  map.update(u32(1), Buffer.alloc(map.valueBytes, 1));
  assert.equal(readU32(map.lookup(u32(1))), 0x01010101);
  assert.equal([...map.entries()].length, 4);
});

test('a prefix trie: longest match, entries one by one or in batches', () => {
  const definition = { type: MapType.LPM_TRIE, name: 'prefixes', keySize: 8, valueSize: 4, maxEntries: 8 };
  using map = BpfMap.create({ ...definition, flags: MapFlag.NO_PREALLOC });
  const prefix = (length: number, ...address: number[]): Buffer => Buffer.concat([u32(length), Buffer.from(address)]);
  map.update(prefix(24, 192, 0, 2, 0), u32(24));
  map.update(prefix(28, 192, 0, 2, 16), u32(28));
  assert.equal(readU32(map.lookup(prefix(32, 192, 0, 2, 17))), 28);
  assert.equal(readU32(map.lookup(prefix(32, 192, 0, 2, 1))), 24);
  assert.equal(map.lookup(prefix(32, 198, 51, 100, 1)), undefined);
  assert.deepEqual(
    [...map.entries()].map(([, value]) => readU32(value)).toSorted((a = 0, b = 0) => a - b),
    [24, 28],
  );
});

test('a map of maps takes a map and names its id', () => {
  using object = loadProbe();
  using inner = BpfMap.create({ type: MapType.ARRAY, name: 'inner', keySize: 4, valueSize: 4, maxEntries: 1 });
  inner.update(u32(0), u32(77));
  assert.equal(object.program('count').testRun({ data: PACKET }).retval, 7);
  object.map('outer').update(u32(0), inner.asValue());
  assert.equal(object.program('count').testRun({ data: PACKET }).retval, 77);
  const id = readU32(object.map('outer').lookup(u32(0))) ?? 0;
  using opened = BpfMap.openById(id);
  assert.equal(readU32(opened.lookup(u32(0))), 77);
});

test('a program array takes a program; its entries are walked key by key', () => {
  using object = loadProbe();
  assert.equal(object.program('jump').testRun({ data: PACKET }).retval, 9);
  object.map('calls').update(u32(1), object.program('constant').asValue());
  assert.equal(object.program('jump').testRun({ data: PACKET }).retval, 1);
  const entries = [...object.map('calls').entries()];
  assert.deepEqual(entries, [[u32(1), u32(object.program('constant').info.id)]]);
});

test('mapped memory is shared both ways and outlives the handle', () => {
  const object = loadProbe();
  const map = object.map('shared');
  using memory = map.mmap();
  memory.bytes.set(u32(100), memory.stride);
  object.program('count').testRun({ data: PACKET });
  assert.equal(readU32(map.lookup(u32(1))), 101);
  assert.equal(readU32(memory.bytes, memory.stride), 101);
  object[Symbol.dispose]();
  assert.equal(readU32(memory.bytes, memory.stride), 101);
});

test('mapped memory after dispose: an error, and views that are empty', () => {
  using object = loadProbe();
  const memory = object.map('shared').mmap();
  const view = memory.bytes;
  const part = view.subarray(8, 16);
  memory[Symbol.dispose]();
  memory[Symbol.dispose]();
  assert.throws(() => memory.bytes, libbpfError('EBADF', /mapping of shared/));
  assert.equal(view.length, 0);
  assert.equal(part[0], undefined);
  assert.throws(() => object.map('numbers').mmap(), libbpfError('EINVAL', /BPF_F_MMAPABLE/));
});

test('a pin outlives the handle and opens again', () => {
  using pins = pinDirectory();
  const path = `${pins.path}/map`;
  {
    using map = hash();
    map.update(u32(1), u64(5));
    map.pin(path);
    assert.throws(() => map.pin(path), libbpfError('EEXIST', /bpf_obj_pin\(.*\/map\): EEXIST: something is pinned/));
    assert.throws(() => map.pin('/tmp/libbpf-test-pin'), libbpfError('EPERM', /not a bpf file system/));
  }
  using opened = BpfMap.openPinned(path);
  assert.deepEqual(opened.lookup(u32(1)), u64(5));
  assert.equal(opened.info.name, 'numbers');
  assert.throws(() => BpfMap.openPinned(`${path}-not`), libbpfError('ENOENT', /bpf_obj_get.*no such pin/));
});

test('every method of a disposed map throws', () => {
  const map = hash();
  map[Symbol.dispose]();
  map[Symbol.dispose]();
  const uses: (() => unknown)[] = [
    () => map.fd,
    () => map.asValue(),
    () => map.lookup(u32(1)),
    () => map.update(u32(1), u64(1)),
    () => map.delete(u32(1)),
    () => map.take(u32(1)),
    () => [...map.keys()],
    () => [...map.entries()],
    () => map.updateBatch(u32(1), u64(1), 1),
    () => map.deleteBatch(u32(1), 1),
    () => map.pin('/sys/fs/bpf/never'),
    () => map.duplicate(),
  ];
  for (const use of uses) assert.throws(use, libbpfError('EBADF', /BpfMap numbers.*used after it was disposed/));
});
