import { addressOf } from './native.ts';
import type { Pointer } from './native.ts';

/**
 * A C struct under construction, zeroed, fields by offset in host byte order. Memory that it points to is kept
 * alive for as long as the struct is used through {@link passTo}.
 */
export class Struct {
  readonly bytes: Buffer;
  readonly #view: DataView;
  readonly #kept: Uint8Array[] = [];

  /** `sized`: the first eight bytes hold the struct's size, as in libbpf's options. */
  constructor(size: number, sized = false) {
    this.bytes = Buffer.alloc(size);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
    if (sized) this.setU64(0, BigInt(size));
  }

  setU32(offset: number, value: number): this {
    this.#view.setUint32(offset, value >>> 0, LITTLE_ENDIAN);
    return this;
  }

  setU64(offset: number, value: bigint): this {
    this.#view.setBigUint64(offset, value, LITTLE_ENDIAN);
    return this;
  }

  /** Writes the address of bytes that the callee reads or fills. */
  point(offset: number, target: Uint8Array | undefined): this {
    if (target === undefined || target.length === 0) return this;
    this.#kept.push(target);
    return this.setU64(offset, addressOf(target));
  }

  /** Writes the address of memory that is not JavaScript's. */
  pointAt(offset: number, target: Pointer): this {
    return this.setU64(offset, target);
  }

  /** Writes the address of a NUL-terminated copy of `text`. */
  pointText(offset: number, text: string | undefined): this {
    return text === undefined ? this : this.point(offset, Buffer.from(`${text}\0`));
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, LITTLE_ENDIAN);
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, LITTLE_ENDIAN);
  }

  /** A NUL-padded text field. */
  text(offset: number, length: number): string {
    const field = this.bytes.subarray(offset, offset + length);
    const end = field.indexOf(0);
    return field.toString('utf8', 0, end < 0 ? length : end);
  }

  /** Calls native code with the struct's bytes and what it points to held in place. */
  passTo<T>(call: (bytes: Buffer) => T): T {
    inUse.add(this.#kept);
    try {
      return call(this.bytes);
    } finally {
      inUse.delete(this.#kept);
    }
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const inUse = new Set<Uint8Array[]>();
