import { DatapathError } from '../errors.ts';
import { NwLayout } from '../gen/enums.gen.ts';
import { mapDefs } from '../gen/maps.gen.ts';
import { checkSizes, entriesOf, type Sizes, sizesOf } from '../sizes.ts';

/** What the kernel says of a map. */
export interface MapFacts {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** What is pinned under a root; `layout` and `indexBlocks` are 0 where they could not be read. */
export interface PinFacts {
  readonly layout: number;
  readonly maps: ReadonlyMap<string, MapFacts>;
  readonly indexBlocks: number;
}

const NOUNS: readonly (readonly [keyof MapFacts, string])[] = [
  ['type', 'type'],
  ['keySize', 'key size'],
  ['valueSize', 'value size'],
  ['flags', 'flags'],
];

/**
 * The sizes of pins that this version can adopt.
 * @throws DatapathError LAYOUT naming every difference
 */
export function adoptableSizes(root: string, pins: PinFacts): Sizes {
  const differences: string[] = [];
  if (pins.layout !== NwLayout.LAYOUT) {
    differences.push(`layout is ${pins.layout}, this version's is ${NwLayout.LAYOUT}`);
  }
  for (const def of Object.values(mapDefs)) {
    const pinned = pins.maps.get(def.name);
    if (pinned === undefined) {
      differences.push(`map ${def.name} is missing`);
      continue;
    }
    for (const [field, noun] of NOUNS) {
      if (pinned[field] !== def[field]) {
        differences.push(`map ${def.name} has ${noun} ${pinned[field]}, this version's has ${def[field]}`);
      }
    }
  }
  if (differences.length > 0) throw mismatch(root, differences);

  const found = new Map([...pins.maps].map(([name, { maxEntries }]) => [name, maxEntries]));
  const sizes = sizesOf(found, pins.indexBlocks);
  const wanted = entriesOf(sizes);
  for (const def of Object.values(mapDefs)) {
    const entries = wanted.get(def.name) ?? def.maxEntries;
    if (found.get(def.name) !== entries) {
      differences.push(`map ${def.name} has ${found.get(def.name)} entries, this version's has ${entries}`);
    }
  }
  if (differences.length > 0) throw mismatch(root, differences);
  return checkSizes(sizes);
}

function mismatch(root: string, differences: readonly string[]): DatapathError {
  return new DatapathError(
    'LAYOUT',
    `the pins under ${root} were written by another version: ${differences.join('; ')}. Nothing was touched, what was` +
      ' enforced stays enforced. Run the version that wrote them, or remove them with: namewallctl detach --all',
  );
}
