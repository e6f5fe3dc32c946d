import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapDefs } from './maps.gen.ts';
import * as structs from './structs.gen.ts';

const all = Object.values(structs);

/** A value with every field set to something of its own, made from what zeros decode to. */
function sample(value: unknown, seed: { next: number }): unknown {
  if (typeof value === 'number') return seed.next++ % 251;
  if (typeof value === 'bigint') return BigInt(seed.next++) << 33n;
  if (typeof value === 'string') return `t${seed.next++}`;
  if (value instanceof Uint8Array) return value.map(() => seed.next++ % 251);
  if (Array.isArray(value)) return value.map((one) => sample(one, seed));
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, sample(one, seed)]));
}

test('every struct reads back what it wrote, at an offset too', () => {
  for (const codec of all as readonly (typeof structs.Endpoint)[]) {
    const value = sample(codec.read(new Uint8Array(codec.size)), { next: 1 }) as structs.Endpoint;
    assert.deepEqual(codec.read(codec.encode(value)), value, codec.name);
    const bytes = new Uint8Array(codec.size + 24).fill(0xff);
    codec.write(bytes, value, 16);
    assert.deepEqual(codec.read(bytes, 16), value, codec.name);
    assert.ok(
      bytes.subarray(0, 16).every((octet) => octet === 0xff),
      `${codec.name} wrote before its offset`,
    );
    assert.ok(
      bytes.subarray(codec.size + 16).every((octet) => octet === 0xff),
      `${codec.name} wrote past its end`,
    );
  }
});

test('the sizes of keys and values are those of their codecs', () => {
  for (const def of Object.values(mapDefs)) {
    if (def.key !== undefined) assert.equal(def.key.size, def.keySize, def.name);
    if (def.value !== undefined) assert.equal(def.value.size, def.valueSize, def.name);
  }
});
