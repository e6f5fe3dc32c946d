import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { BpfMap, BpfObject, LibbpfError, MapType } from '../src/index.ts';
import { openLibbpf } from '../src/native.ts';
import {
  compile,
  libbpfError,
  loadProbe,
  openProbe,
  PACKET,
  pinDirectory,
  readU32,
  scratchFile,
  u32,
  u64,
} from './lab.ts';

test('constants set before loading are what the program sees', () => {
  using object = openProbe();
  object.setRodata('answer', u32(42));
  object.load();
  assert.equal(object.program('constant').testRun({ data: PACKET }).retval, 42);
});

test('a constant of the wrong size, an unknown one, one after loading', () => {
  using object = openProbe();
  assert.throws(
    () => object.setRodata('answer', u64(1)),
    libbpfError('EINVAL', /setRodata\(answer\).*4 bytes long, the value 8/),
  );
  assert.throws(() => object.setRodata('question', u32(1)), libbpfError('ENOENT', /no global variable/));
  object.load();
  assert.throws(() => object.setRodata('answer', u32(1)), libbpfError('EINVAL', /before the object is loaded/));
});

test('sizes are set before loading, inner maps too', () => {
  using object = openProbe();
  object.setMaxEntries('numbers', 17);
  object.setInnerMapEntries('outer', 5);
  assert.equal(object.declared('numbers').maxEntries, 17);
  object.load();
  assert.equal(object.map('numbers').info.maxEntries, 17);
  const definition = { type: MapType.ARRAY, name: 'inner', keySize: 4, valueSize: 4 };
  using fitting = BpfMap.create({ ...definition, maxEntries: 5 });
  using other = BpfMap.create({ ...definition, maxEntries: 6 });
  object.map('outer').update(u32(0), fitting.asValue());
  assert.throws(
    () => object.map('outer').update(u32(0), other.asValue()),
    libbpfError('EINVAL', /update_elem\(outer\)/),
  );
});

test('setInnerMapEntries refuses what is no map of maps', () => {
  using object = openProbe();
  assert.throws(() => object.setInnerMapEntries('numbers', 5), libbpfError('EINVAL', /not a map of maps/));
});

test('maps that pin by name are found again at the same root', () => {
  using pins = pinDirectory();
  using first = openProbe({ pinRoot: pins.path });
  first.load();
  first.map('numbers').update(u32(1), u64(7));
  using second = openProbe({ pinRoot: pins.path });
  assert.equal(second.declared('numbers').pinPath, `${pins.path}/numbers`);
  second.load();
  assert.deepEqual(second.map('numbers').lookup(u32(1)), u64(7));
  assert.equal(second.map('numbers').info.id, first.map('numbers').info.id);
});

test('a pinned map of another layout is refused', () => {
  using pins = pinDirectory();
  using first = openProbe({ pinRoot: pins.path });
  first.load();
  using second = openProbe({ pinRoot: pins.path });
  second.setMaxEntries('numbers', 5);
  assert.throws(
    () => second.load(),
    libbpfError('EINVAL', /bpf_object__load.*\/numbers is pinned with maxEntries 4096, the object declares 5/),
  );
});

test('reuseMap puts an existing map in place of the declared one', () => {
  using existing = BpfMap.create({ type: MapType.PERCPU_ARRAY, name: 'mine', keySize: 4, valueSize: 4, maxEntries: 4 });
  using object = openProbe();
  object.reuseMap('per_cpu', existing.fd);
  object.load();
  object.program('count').testRun({ data: PACKET });
  const slots = existing.lookup(u32(1)) ?? Buffer.alloc(0);
  assert.equal(
    slots.reduce((sum, byte) => sum + byte, 0),
    1,
  );
});

test('a refused program: call, error name, the program and the verifier’s reason', () => {
  using object = BpfObject.open(compile('rejected.bpf.c'));
  assert.throws(
    () => object.load(),
    (error) => {
      assert.ok(error instanceof LibbpfError);
      assert.equal(error.code, 'EACCES');
      assert.equal(error.errno, 13);
      assert.match(error.call, /^bpf_object__load\(.*rejected\.bpf\.c\.o\)$/);
      assert.match(error.message, /EACCES: the verifier refused unchecked: .*map_value_or_null/);
      assert.match(error.verifierLog ?? '', /invalid mem access 'map_value_or_null'/);
      return true;
    },
  );
});

test('what the verifier refuses can be left out', () => {
  using object = BpfObject.open(compile('rejected.bpf.c'));
  object.setAutoload('unchecked', false);
  object.load();
  assert.equal(object.program('fine').testRun({ data: PACKET }).retval, 0);
  assert.throws(() => object.program('unchecked'), libbpfError('EINVAL', /left out/));
});

test('no such file, not an object, no such map, no such program, not loaded', () => {
  const missing = scratchFile('missing.o');
  assert.throws(
    () => BpfObject.open(missing),
    libbpfError('ENOENT', /open_file\(.*missing\.o\): ENOENT: no such object/),
  );
  const broken = scratchFile('broken.o');
  writeFileSync(broken, 'not ELF');
  assert.throws(
    () => BpfObject.open(broken),
    (error) => error instanceof LibbpfError && error.message.includes('not a BPF object'),
  );
  using object = openProbe();
  assert.throws(() => object.map('nothing'), libbpfError('ENOENT', /no map of this name/));
  assert.throws(() => object.program('nothing'), libbpfError('ENOENT', /no program of this name/));
  assert.throws(() => object.map('numbers'), libbpfError('EINVAL', /not loaded/));
});

test('maps and programs belong to their object unless duplicated', () => {
  const object = loadProbe();
  const map = object.map('numbers');
  using kept = map.duplicate();
  const program = object.program('constant');
  assert.equal(object.map('numbers'), map);
  assert.ok(object.maps().includes(map));
  assert.ok(object.programNames().includes('jump'));
  object[Symbol.dispose]();
  object[Symbol.dispose]();
  assert.throws(() => map.lookup(u32(1)), libbpfError('EBADF', /used after it was disposed/));
  assert.throws(() => program.testRun({ data: PACKET }), libbpfError('EBADF', /used after it was disposed/));
  assert.throws(() => object.load(), libbpfError('EBADF', /used after it was disposed/));
  assert.throws(() => object.declaredMaps(), libbpfError('EBADF', /used after it was disposed/));
  kept.update(u32(1), u64(3));
  assert.equal(readU32(kept.lookup(u32(1))), 3);
});

test('without libbpf the error says what to install', () => {
  assert.throws(
    () => openLibbpf('libbpf.so.999'),
    libbpfError('ELIBACC', /dlopen\(libbpf\.so\.999\).*apt-get install libbpf1/),
  );
});
