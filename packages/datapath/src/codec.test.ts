import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, be16, namesOf, octets, struct, text, u16, u32, u64, u8, type Codec } from './codec.ts';

test('integers keep their byte order', () => {
  const cases: readonly (readonly [string, Codec<number>, number, readonly number[]])[] = [
    ['u8', u8, 0xfe, [0xfe]],
    ['u16', u16, 0x1234, [0x34, 0x12]],
    ['be16', be16, 53, [0, 53]],
    ['u32', u32, 0xfffffffe, [0xfe, 0xff, 0xff, 0xff]],
  ];
  for (const [name, codec, value, bytes] of cases) {
    assert.deepEqual([...codec.encode(value)], bytes, name);
    assert.equal(codec.read(Uint8Array.from(bytes)), value, name);
  }
  assert.deepEqual([...u64.encode(0x0102030405060708n)], [8, 7, 6, 5, 4, 3, 2, 1]);
});

test('a value that does not fit is refused with the struct and field in the message', () => {
  const codec = struct<{ port: number; name: string }>('endpoint', 6, [
    ['port', 0, be16],
    ['name', 2, text(4)],
  ]);
  assert.throws(() => codec.encode({ port: 65536, name: '' }), /struct endpoint, field port: 65536 does not fit 16/);
  assert.throws(() => codec.encode({ port: -1, name: '' }), /does not fit/);
  assert.throws(() => codec.encode({ port: 1, name: 'abcde' }), /field name: 5 octets do not fit 4/);
  assert.throws(() => codec.read(new Uint8Array(5)), /struct endpoint needs 6 octets, 5 are there/);
  assert.throws(() => u64.encode(-1n), /does not fit/);
});

test('short octets, texts and arrays are padded with zeros over what stood there', () => {
  const bytes = new Uint8Array(8).fill(0xff);
  octets(4).write(bytes, Uint8Array.of(1, 2), 0);
  text(4).write(bytes, 'ab', 4);
  assert.deepEqual([...bytes], [1, 2, 0, 0, 0x61, 0x62, 0, 0]);
  assert.equal(text(4).read(bytes, 4), 'ab');
  assert.equal(text(2).read(bytes, 4), 'ab');
  array(u16, 4).write(bytes, [7]);
  assert.deepEqual(array(u16, 4).read(bytes), [7, 0, 0, 0]);
});

test('octets are copied out, so the buffer may be reused', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const copy = octets(4).read(bytes);
  bytes[0] = 9;
  assert.equal(copy[0], 1);
});

test('the first of two names of a value stands', () => {
  assert.deepEqual(
    [...namesOf({ A: 1, B: 1, C: 2 })],
    [
      [1, 'A'],
      [2, 'C'],
    ],
  );
});
