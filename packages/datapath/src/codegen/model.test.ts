import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mapDefs } from '../gen/maps.gen.ts';
import * as structs from '../gen/structs.gen.ts';
import { readBtf } from './btf.ts';
import { elfSection, ObjectError } from './elf.ts';
import { camel, pascal } from './emit.ts';
import { modelOf } from './model.ts';

const object = readFileSync(join(import.meta.dirname, '../../../../build/datapath.bpf.o'));
const model = modelOf(readBtf(elfSection(object, '.BTF')));

test('each codec has the size and the offsets that the object says', () => {
  const codecs = new Map<string, { name: string; size: number; offsets: Readonly<Record<string, number>> }>(
    Object.entries(structs),
  );
  assert.equal(codecs.size, model.structs.length);
  for (const { name, size, fields } of model.structs) {
    const codec = codecs.get(pascal(name));
    assert.equal(codec?.size, size, name);
    assert.deepEqual(codec.offsets, Object.fromEntries(fields.map((field) => [camel(field.name), field.offset])), name);
  }
});

test('each pinned map has the definition that the object says', () => {
  assert.deepEqual(
    model.maps.map(({ name }) => name),
    Object.values(mapDefs)
      .map(({ name }) => name)
      .toSorted(),
  );
  for (const { name, type, keySize, valueSize, maxEntries, flags } of model.maps) {
    const def = Object.values(mapDefs).find((one) => one.name === name);
    assert.deepEqual(
      { ...def, key: 0, value: 0, inner: 0 },
      { name, type, keySize, valueSize, maxEntries, flags, key: 0, value: 0, inner: 0 },
    );
  }
  const { inner } = model.maps.find(({ name }) => name === 'names') ?? {};
  assert.equal(inner?.valueSize, mapDefs.names.inner.valueSize);
  assert.equal(inner.flags, mapDefs.names.inner.flags);
});

test('what is no object is refused with what to do', () => {
  assert.throws(() => elfSection(new Uint8Array(100), '.BTF'), ObjectError);
  assert.throws(() => elfSection(object, '.nothing'), /no section .nothing: build it with clang -g/);
  assert.throws(() => readBtf(new Uint8Array(30)), /no BTF/);
});
