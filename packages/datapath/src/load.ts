import { randomFillSync } from 'node:crypto';
import { BpfMap, BpfObject } from '@namewall/libbpf';
import { u32 } from './codec.ts';
import { defaultConfig } from './config.ts';
import { DatapathError } from './errors.ts';
import { mapDefs } from './gen/maps.gen.ts';
import { Config, HashKey } from './gen/structs.gen.ts';
import { swapIndex } from './names.ts';
import { mapPin } from './pins/paths.ts';
import { entriesOf, streamQuota, type Sizes } from './sizes.ts';

const ZERO = u32.encode(0);

/**
 * Opens the object, gives it its sizes and constants, and loads it: maps are found under the root or pinned
 * there. The caller disposes it.
 * @throws DatapathError LAYOUT when the object and this package were built from different sources
 * @throws LibbpfError with the verifier's log
 */
export function loadObject(path: string, root: string, sizes: Sizes, hashKey: HashKey): BpfObject {
  const object = BpfObject.open(path, { pinRoot: root });
  try {
    checkObject(path, object);
    prepare(object, sizes, hashKey);
    object.load();
    return object;
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

/** Gives an object the sizes of those maps that it has, and its constants. */
export function prepare(object: BpfObject, sizes: Sizes, hashKey: HashKey): void {
  const declared = new Set(object.declaredMaps().map(({ name }) => name));
  for (const [name, entries] of entriesOf(sizes)) if (declared.has(name)) object.setMaxEntries(name, entries);
  object.setInnerMapEntries(mapDefs.names.name, sizes.indexBlocks);
  object.setRodata('endpoint_mask', u32.encode(sizes.endpoints - 1));
  object.setRodata('ruleset_mask', u32.encode(sizes.rulesets - 1));
  object.setRodata('answer_mask', u32.encode(sizes.answersPerEndpoint - 1));
  object.setRodata('stream_quota', u32.encode(streamQuota(sizes)));
  object.setRodata('stream_part_quota', u32.encode(Math.max(1, sizes.streamParts >> 4)));
  object.setRodata('index_blocks', u32.encode(sizes.indexBlocks));
  object.setRodata('hash_key_words', HashKey.encode(hashKey));
}

/** The key of the name index that is pinned. */
export function readHashKey(root: string): HashKey {
  using map = BpfMap.openPinned(mapPin(root, mapDefs.hashKey.name));
  const bytes = map.lookup(ZERO);
  if (bytes === undefined) throw new DatapathError('NOT_PINNED', `map hash_key under ${root} has no entry`);
  return HashKey.read(bytes);
}

/** A new random key for the name index. */
export function drawHashKey(): HashKey {
  return HashKey.read(randomFillSync(new Uint8Array(HashKey.size)));
}

/** Fills maps that are new. `config` is written last: pins whose layout is 0 are unfinished and not used. */
export function initialise(object: BpfObject, sizes: Sizes, hashKey: HashKey): void {
  object.map(mapDefs.hashKey.name).update(ZERO, HashKey.encode(hashKey));
  swapIndex(object.map(mapDefs.names.name), new Uint8Array(0), sizes.indexBlocks);
  object.map(mapDefs.config.name).update(ZERO, Config.encode(defaultConfig(sizes)));
}

function checkObject(path: string, object: BpfObject): void {
  for (const def of Object.values(mapDefs)) {
    const { type, keySize, valueSize } = object.declared(def.name);
    if (type === def.type && keySize === def.keySize && (valueSize === def.valueSize || def.name === 'names')) continue;
    throw new DatapathError(
      'LAYOUT',
      `${path} and this program were built from different sources: map ${def.name} has type ${type}, key ${keySize}` +
        ` and value ${valueSize} there, ${def.type}, ${def.keySize} and ${def.valueSize} here. Run: make generate`,
    );
  }
}
