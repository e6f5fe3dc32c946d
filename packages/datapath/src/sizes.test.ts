import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapDefs } from './gen/maps.gen.ts';
import { checkSizes, DEFAULT_SIZES, entriesOf, sizeConflicts, sizesOf } from './sizes.ts';

test('the defaults are the sizes that the C declares', () => {
  const entries = entriesOf(checkSizes({}));
  for (const def of Object.values(mapDefs)) {
    assert.equal(entries.get(def.name) ?? def.maxEntries, def.maxEntries, def.name);
  }
});

test('entries and sizes are each other’s inverse', () => {
  const sizes = checkSizes({ endpoints: 16, answersPerEndpoint: 8, indexBlocks: 512, flows: 1000 });
  assert.deepEqual(sizesOf(entriesOf(sizes), 512), sizes);
  assert.deepEqual(sizesOf(entriesOf(DEFAULT_SIZES), DEFAULT_SIZES.indexBlocks), DEFAULT_SIZES);
});

test('a size that the programs cannot mask or the kernel cannot make is refused by name', () => {
  assert.throws(() => checkSizes({ endpoints: 100 }), /size endpoints is 100: give a power of two/);
  assert.throws(() => checkSizes({ flows: 0 }), /size flows is 0: give a whole number/);
  assert.throws(() => checkSizes({ events: 1024 }), /size events is 1024: give at least 4096/);
  assert.throws(() => checkSizes({ flow: 64 } as object), /size flow is not known: give one of endpoints, /);
});

test('only what was asked for and is otherwise conflicts with the pins', () => {
  const asked = { flows: 64, rules: DEFAULT_SIZES.rules };
  assert.deepEqual(sizeConflicts(asked, DEFAULT_SIZES), [{ name: 'flows', asked: 64, pinned: DEFAULT_SIZES.flows }]);
});
