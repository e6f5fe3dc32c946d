import { disposed } from './fd.ts';
import { checkErrno, libc } from './libc.ts';
import { detach, lastErrno, viewOf } from './native.ts';
import type { Pointer } from './native.ts';
import { LibbpfError } from './error.ts';

const MAP_FAILED = 2n ** 64n - 1n;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const SC_PAGESIZE = 30;

export const Protection = { READ: 1, WRITE: 2 } as const;

let cachedPageSize: number | undefined;

/** The kernel's page size in bytes. */
export function pageSize(): number {
  return (cachedPageSize ??= checkErrno('sysconf(_SC_PAGESIZE)', Number(libc().sysconf(SC_PAGESIZE))));
}

/**
 * Mapped memory. After dispose every view of it is empty and `bytes` throws: it cannot be read where nothing is.
 */
export class Mapping {
  readonly pointer: Pointer;
  readonly length: number;
  readonly #what: string;
  #bytes: Uint8Array | undefined;

  private constructor(pointer: Pointer, length: number, what: string) {
    this.pointer = pointer;
    this.length = length;
    this.#what = what;
    this.#bytes = viewOf(pointer, length);
  }

  /** Memory of the process's own, zeroed, taken page by page as it is touched. */
  static anonymous(length: number, what: string): Mapping {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return Mapping.#map(what, length, Protection.READ | Protection.WRITE, flags, -1, 0);
  }

  /** A part of what a descriptor stands for; `offset` in bytes, a multiple of the page size. */
  static shared(what: string, fd: number, offset: number, length: number, protection: number): Mapping {
    return Mapping.#map(what, length, protection, MAP_SHARED, fd, offset);
  }

  static #map(what: string, length: number, protection: number, flags: number, fd: number, offset: number): Mapping {
    const pointer = libc().mmap(null, length, protection, flags, fd, offset);
    if (pointer === MAP_FAILED) throw new LibbpfError({ call: `mmap(${what})`, errno: lastErrno() });
    return new Mapping(pointer, length, what);
  }

  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw disposed(`mapping of ${this.#what}`);
    return this.#bytes;
  }

  [Symbol.dispose](): void {
    if (this.#bytes === undefined) return;
    detach(this.#bytes);
    this.#bytes = undefined;
    libc().munmap(this.pointer, this.length);
  }
}
