import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { type BpfMap, type BpfObject, type MapMemory, MapType } from '@namewall/libbpf';
import { mapDefs } from '../../src/gen/maps.gen.ts';
import { drawHashKey, loadObject } from '../../src/load.ts';
import { closeMaps, openMaps, type PinnedMaps } from '../../src/maps/open.ts';
import { swapIndex } from '../../src/names.ts';
import { purge } from '../../src/pins/purge.ts';
import { openIndex } from '../../src/pins/read.ts';
import { openRoot, removeRoot } from '../../src/pins/root.ts';
import { DEFAULT_SIZES, type Sizes } from '../../src/sizes.ts';
import { freshRoot } from '../lab/leftovers.ts';

const OBJECT = resolve(import.meta.dirname, '../../../../build/datapath.bpf.o');
/** Small maps: they are emptied often. */
const SIZES: Sizes = {
  ...DEFAULT_SIZES,
  endpoints: 8,
  rulesets: 64,
  indexBlocks: 4096,
  pending: 64,
  learned: 64,
  flows: 64,
  streams: 512,
  streamParts: 64,
};

const spare: Loaded[] = [];

/**
 * The shipped programs, loaded, and their maps. To verify them takes most of a packet test's time, so that a process
 * keeps what a test gave back, for the next one.
 */
export class Loaded implements Disposable {
  readonly sizes = SIZES;
  readonly key = drawHashKey();
  readonly object: BpfObject;
  readonly maps: PinnedMaps;
  /** The name index, to write in place: to swap it waits for all CPUs. */
  readonly index: MapMemory;
  readonly #root = freshRoot('test');

  private constructor() {
    const lock = openRoot(this.#root);
    try {
      this.object = loadObject(OBJECT, this.#root, SIZES, this.key);
      this.maps = openMaps(this.#root);
      swapIndex(this.maps.names, new Uint8Array(0), SIZES.indexBlocks);
      using index = openIndex(this.maps.names);
      assert(index);
      this.index = index.mmap();
    } finally {
      // The maps live on with the object.
      purge(this.#root);
      removeRoot(this.#root);
      lock.release();
    }
  }

  /** One as if just loaded: with nothing in its maps. */
  static borrow(): Loaded {
    return spare.pop() ?? new Loaded();
  }

  giveBack(): void {
    empty(this.maps);
    this.index.bytes.fill(0);
    spare.push(this);
  }

  [Symbol.dispose](): void {
    this.index[Symbol.dispose]();
    closeMaps(this.maps);
    this.object[Symbol.dispose]();
  }
}

process.once('exit', () => {
  for (const loaded of spare) loaded[Symbol.dispose]();
});

function empty(maps: PinnedMaps): void {
  for (const [name, map] of Object.entries(maps)) {
    const raw = 'raw' in map ? map.raw : map;
    const { type } = mapDefs[name as keyof PinnedMaps];
    if (type === MapType.ARRAY || type === MapType.PERCPU_ARRAY) zero(raw);
    else if (type !== MapType.RINGBUF && type !== MapType.ARRAY_OF_MAPS) for (const key of raw.keys()) raw.delete(key);
  }
}

function zero(map: BpfMap): void {
  const { maxEntries } = map.info;
  const keys = Uint32Array.from({ length: maxEntries }, (_, i) => i);
  map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(maxEntries * map.valueBytes), maxEntries);
}
