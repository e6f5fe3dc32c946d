import { type EndpointTotals, readCounters, readEndpointCounts, type ReasonName } from './counters.ts';
import { DatapathError } from './errors.ts';
import type { Config, IndexHeader } from './gen/structs.gen.ts';
import { type Hook, listHooks } from './hooks/list.ts';
import { closeMaps, openMaps, type PinnedMaps } from './maps/open.ts';
import { readIndexHeader } from './names.ts';
import { adoptableSizes } from './pins/compare.ts';
import { readPins } from './pins/read.ts';
import type { Sizes } from './sizes.ts';

/** What is pinned under a root, with or without an agent: maps, configuration, counts and hooks. */
export class PinnedDatapath implements Disposable {
  readonly root: string;
  readonly sizes: Sizes;
  readonly maps: PinnedMaps;

  protected constructor(root: string, sizes: Sizes) {
    this.root = root;
    this.sizes = sizes;
    this.maps = openMaps(root);
  }

  /**
   * Opens what another process made: no lock, no program, no change.
   * @throws DatapathError NOT_PINNED, or LAYOUT when another version made it
   */
  static openPinned(root: string): PinnedDatapath {
    const pins = readPins(root);
    if (pins.layout === 0) throw new DatapathError('NOT_PINNED', `nothing is pinned under ${root}: start the agent`);
    return new PinnedDatapath(root, adoptableSizes(root, pins));
  }

  get config(): Config {
    const config = this.maps.config.get(0);
    if (config === undefined) throw new DatapathError('NOT_PINNED', `map config under ${this.root} has no entry`);
    return config;
  }

  /** Changes some fields; of two processes that do so at the same moment the last one wins. */
  updateConfig(change: Partial<Omit<Config, 'layout'>>): void {
    this.maps.config.set(0, { ...this.config, ...change });
  }

  /** The programs' clock: monotonic nanoseconds and the test offset. Theirs is coarse: up to 4 ms behind. */
  now(): bigint {
    return BigInt.asUintN(64, process.hrtime.bigint() + this.config.clockOffset);
  }

  counters(): ReadonlyMap<ReasonName, bigint> {
    return readCounters(this.maps);
  }

  endpointCounts(endpoint: number): EndpointTotals {
    return readEndpointCounts(this.maps, endpoint);
  }

  /** Every hook of ours, by what is pinned. */
  hooks(): Hook[] {
    return listHooks(this.root);
  }

  indexHeader(): IndexHeader | undefined {
    return readIndexHeader(this.maps.names);
  }

  [Symbol.dispose](): void {
    closeMaps(this.maps);
  }
}
