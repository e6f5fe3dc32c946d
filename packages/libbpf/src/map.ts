import { MapType } from './constants.ts';
import { possibleCpus } from './cpus.ts';
import { check, invalid } from './error.ts';
import { OwnedFd } from './fd.ts';
import { objectInfo } from './info.ts';
import { entriesOf, keysOf } from './map-walk.ts';
import { MapMemory } from './map-memory.ts';
import { libbpf } from './native.ts';
import { openPin, pin } from './pin.ts';
import { Struct } from './struct.ts';

/** What the kernel says of a map; sizes in bytes, `name` cut at 15 characters. */
export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name: string;
}

/** A map as the object file declares it, with what was set since. */
export type DeclaredMap = Omit<MapInfo, 'id'> & { readonly pinPath: string | undefined };

export interface MapDefinition {
  readonly type: number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
  /** The template of a map of maps. */
  readonly inner?: BpfMap;
}

const ENOENT = -2;
const ENOMEM_OR_FULL = 'the map is full or its memory budget is spent';
const PER_CPU: ReadonlySet<number> = new Set([
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.PERCPU_CGROUP_STORAGE,
]);
const INFO_SIZE = 88;

/**
 * A kernel map, keys and values as bytes in their C layout. A value of a per-CPU map is `possibleCpus()` slots of
 * the value size rounded up to eight. Every method throws {@link LibbpfError}; EBADF once disposed.
 */
export class BpfMap {
  readonly info: MapInfo;
  /** Bytes of one value as `lookup` and `update` take it, all CPUs together. */
  readonly valueBytes: number;
  readonly #fd: OwnedFd;

  private constructor(fd: number, origin: string) {
    this.#fd = new OwnedFd(fd, `BpfMap ${origin}`);
    try {
      this.info = readInfo(origin, fd);
    } catch (error) {
      this.#fd[Symbol.dispose]();
      throw error;
    }
    const { type, valueSize } = this.info;
    this.valueBytes = PER_CPU.has(type) ? possibleCpus() * Math.ceil(valueSize / 8) * 8 : valueSize;
  }

  static create(definition: MapDefinition): BpfMap {
    const { type, name, keySize, valueSize, maxEntries, flags = 0, inner } = definition;
    // struct bpf_map_create_opts
    const options = new Struct(56, true).setU32(24, inner?.fd ?? 0).setU32(28, flags);
    const fd = libbpf().bpf_map_create(type, name, keySize, valueSize, maxEntries, options.bytes);
    return new BpfMap(check(`bpf_map_create(${name})`, fd), name);
  }

  static openPinned(path: string): BpfMap {
    return new BpfMap(openPin(path, 'map'), path);
  }

  static openById(id: number): BpfMap {
    return new BpfMap(check(`bpf_map_get_fd_by_id(${id})`, libbpf().bpf_map_get_fd_by_id(id)), `id ${id}`);
  }

  /** Takes over a descriptor of a map. */
  static fromFd(fd: number, origin = `fd ${fd}`): BpfMap {
    return new BpfMap(fd, origin);
  }

  /** A second handle, which lives on when this one is disposed. */
  duplicate(): BpfMap {
    const copy = OwnedFd.duplicate(this.fd, this.info.name);
    return new BpfMap(copy.value, this.info.name);
  }

  get fd(): number {
    return this.#fd.value;
  }

  /** The value that puts this map into a map of maps (a look-up there gives the map's id instead). */
  asValue(): Uint8Array {
    return new Struct(4).setU32(0, this.fd).bytes;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#expect('lookup', 'key', key, this.info.keySize);
    const value = Buffer.alloc(this.valueBytes);
    const result = libbpf().bpf_map_lookup_elem(this.fd, key, value);
    if (result === ENOENT) return undefined;
    check(this.#call('bpf_map_lookup_elem'), result);
    return value;
  }

  /** `flags`: {@link UpdateFlag}. E2BIG when the map is full, EEXIST and ENOENT as the flags say. */
  update(key: Uint8Array, value: Uint8Array, flags = 0): void {
    this.#expect('update', 'key', key, this.info.keySize);
    this.#expect('update', 'value', value, this.valueBytes);
    const result = libbpf().bpf_map_update_elem(this.fd, key, value, flags);
    if (result < 0) check(this.#call('bpf_map_update_elem'), result, result === -7 ? ENOMEM_OR_FULL : undefined);
  }

  /** False when there was no such key. */
  delete(key: Uint8Array): boolean {
    this.#expect('delete', 'key', key, this.info.keySize);
    const result = libbpf().bpf_map_delete_elem(this.fd, key);
    if (result === ENOENT) return false;
    check(this.#call('bpf_map_delete_elem'), result);
    return true;
  }

  /** Looks up and deletes in one step; hash maps only. */
  take(key: Uint8Array): Uint8Array | undefined {
    this.#expect('take', 'key', key, this.info.keySize);
    const value = Buffer.alloc(this.valueBytes);
    const result = libbpf().bpf_map_lookup_and_delete_elem(this.fd, key, value);
    if (result === ENOENT) return undefined;
    check(this.#call('bpf_map_lookup_and_delete_elem'), result);
    return value;
  }

  /**
   * The keys, one system call each. Deleting the key just yielded is fine; other changes meanwhile may repeat or
   * miss keys.
   */
  keys(): Generator<Uint8Array> {
    return keysOf(this);
  }

  /** All entries, in batches where the kernel can; entries that come or go meanwhile may be missed or repeated. */
  entries(): Generator<[key: Uint8Array, value: Uint8Array]> {
    return entriesOf(this);
  }

  /** Writes `count` entries from keys and values laid end to end; returns how many were written (all, or it throws). */
  updateBatch(keys: Uint8Array, values: Uint8Array, count: number): number {
    this.#expect('updateBatch', 'keys', keys, count * this.info.keySize);
    this.#expect('updateBatch', 'values', values, count * this.valueBytes);
    if (count === 0) return 0;
    const done = new Struct(4).setU32(0, count);
    const result = libbpf().bpf_map_update_batch(this.fd, keys, values, done.bytes, null);
    check(this.#call('bpf_map_update_batch'), result, `${done.u32(0)} of ${count} entries were written`);
    return done.u32(0);
  }

  /** Deletes `count` keys laid end to end; ENOENT at the first that is not there. Returns how many were deleted. */
  deleteBatch(keys: Uint8Array, count: number): number {
    this.#expect('deleteBatch', 'keys', keys, count * this.info.keySize);
    if (count === 0) return 0;
    const done = new Struct(4).setU32(0, count);
    const result = libbpf().bpf_map_delete_batch(this.fd, keys, done.bytes, null);
    check(this.#call('bpf_map_delete_batch'), result, `${done.u32(0)} of ${count} keys were deleted`);
    return done.u32(0);
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  /** The values of a BPF_F_MMAPABLE array as writable memory, each `stride` bytes apart. */
  mmap(): MapMemory {
    return new MapMemory(this.info, this.fd);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #call(name: string): string {
    return `${name}(${this.info.name})`;
  }

  #expect(method: string, what: string, bytes: Uint8Array, size: number): void {
    if (bytes.length === size) return;
    throw invalid(
      `BpfMap.${method}(${this.info.name})`,
      `${what} must be ${size} bytes long, not ${bytes.length}; check the codec against the map's layout`,
    );
  }
}

function readInfo(origin: string, fd: number): MapInfo {
  const info = objectInfo(origin, fd, INFO_SIZE); // struct bpf_map_info
  return {
    type: info.u32(0),
    id: info.u32(4),
    keySize: info.u32(8),
    valueSize: info.u32(12),
    maxEntries: info.u32(16),
    flags: info.u32(20),
    name: info.text(24, 16),
  };
}
