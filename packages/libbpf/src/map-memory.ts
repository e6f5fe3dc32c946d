import { MapFlag, MapType } from './constants.ts';
import { invalid } from './error.ts';
import type { MapInfo } from './map.ts';
import { Mapping, pageSize, Protection } from './memory.ts';

/**
 * The memory of a BPF_F_MMAPABLE array, shared with the programs: writes are seen at once and not ordered. It
 * stays valid when the map's handle is disposed; once it is disposed itself every view of it is empty.
 */
export class MapMemory {
  /** Bytes from one value to the next: the value size rounded up to eight. */
  readonly stride: number;
  readonly #mapping: Mapping;

  constructor(info: MapInfo, fd: number) {
    if (info.type !== MapType.ARRAY || (info.flags & MapFlag.MMAPABLE) === 0) {
      throw invalid(`BpfMap.mmap(${info.name})`, 'only an array declared with BPF_F_MMAPABLE can be mapped');
    }
    this.stride = Math.ceil(info.valueSize / 8) * 8;
    const page = pageSize();
    const length = Math.ceil((this.stride * info.maxEntries) / page) * page;
    this.#mapping = Mapping.shared(info.name, fd, 0, length, Protection.READ | Protection.WRITE);
  }

  /** All values end to end, then zeroes up to a whole page. */
  get bytes(): Uint8Array {
    return this.#mapping.bytes;
  }

  [Symbol.dispose](): void {
    this.#mapping[Symbol.dispose]();
  }
}
