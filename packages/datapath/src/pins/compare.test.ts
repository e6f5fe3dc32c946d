import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatapathError } from '../errors.ts';
import { NwLayout } from '../gen/enums.gen.ts';
import { mapDefs } from '../gen/maps.gen.ts';
import { DEFAULT_SIZES } from '../sizes.ts';
import { adoptableSizes, type MapFacts, type PinFacts } from './compare.ts';

const ROOT = '/sys/fs/bpf/x';

function pins(
  change: Readonly<Record<string, Partial<MapFacts> | undefined>> = {},
  rest: Partial<PinFacts> = {},
): PinFacts {
  const maps = new Map<string, MapFacts>();
  for (const def of Object.values(mapDefs)) {
    if (def.name in change && change[def.name] === undefined) continue;
    maps.set(def.name, { ...def, ...change[def.name] });
  }
  return { layout: NwLayout.LAYOUT, maps, indexBlocks: DEFAULT_SIZES.indexBlocks, ...rest };
}

test('pins of this version are adopted with the sizes they have', () => {
  assert.deepEqual(adoptableSizes(ROOT, pins()), DEFAULT_SIZES);
  const small = pins({ flows: { maxEntries: 77 } }, { indexBlocks: 64 });
  assert.deepEqual(adoptableSizes(ROOT, small), { ...DEFAULT_SIZES, flows: 77, indexBlocks: 64 });
});

test('each difference is refused, and the message names it, both sizes and what to do', () => {
  const wider = mapDefs.learned.valueSize + 8;
  const cases: readonly (readonly [PinFacts, RegExp])[] = [
    [pins({}, { layout: 7 }), /layout is 7, this version's is \d+/],
    [
      pins({ learned: { valueSize: wider } }),
      new RegExp(`map learned has value size ${wider}, this version's has ${wider - 8}`),
    ],
    [pins({ flows: { keySize: 40 } }), /map flows has key size 40, this version's has 44/],
    [pins({ rules: { type: 9 } }), /map rules has type 9, this version's has 1/],
    [pins({ cidrs: { flags: 0 } }), /map cidrs has flags 0, this version's has 1/],
    [pins({ pods: undefined }), /map pods is missing/],
    [pins({ usage: { maxEntries: 16 } }), /map usage has 16 entries, this version's has 256/],
    [pins({ counters: { maxEntries: 128 } }), /map counters has 128 entries, this version's has 256/],
  ];
  for (const [facts, message] of cases) {
    assert.throws(
      () => adoptableSizes(ROOT, facts),
      (error: unknown) => {
        assert.ok(error instanceof DatapathError);
        assert.equal(error.code, 'LAYOUT');
        assert.match(error.message, message);
        assert.match(error.message, /under \/sys\/fs\/bpf\/x .*Nothing was touched.*namewallctl detach --all/);
        return true;
      },
    );
  }
});
