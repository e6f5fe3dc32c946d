/**
 * Codecs of the C structs in bpf/lib: tables of fields, generated from BTF, made into readers and writers.
 * Integers are little-endian as the host; `be16` and `be32` are network order in memory, host order here.
 */
export interface Codec<T> {
  /** Octets of one value. */
  readonly size: number;
  /** Decodes the value at an offset; octet arrays are copies. */
  read(bytes: Uint8Array, offset?: number): T;
  /** Encodes into `bytes` at an offset; padding and reserved fields become zero. */
  write(bytes: Uint8Array, value: T, offset?: number): void;
  /** A new array that holds one value. */
  encode(value: T): Uint8Array;
}

export interface StructCodec<T> extends Codec<T> {
  /** The struct's name in C. */
  readonly name: string;
  /** Octets from the struct's start, by field. */
  readonly offsets: Readonly<Record<keyof T & string, number>>;
}

export type Field<T> = {
  readonly [K in keyof T & string]: readonly [name: K, offset: number, codec: Codec<T[K]>];
}[keyof T & string];

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function codec<T>(size: number, read: Codec<T>['read'], write: Codec<T>['write']): Codec<T> {
  return {
    size,
    read,
    write,
    encode(value) {
      const bytes = new Uint8Array(size);
      write(bytes, value, 0);
      return bytes;
    },
  };
}

function integer(
  size: number,
  get: (v: DataView, at: number) => number,
  set: (v: DataView, at: number, n: number) => void,
): Codec<number> {
  const limit = 2 ** (size * 8);
  return codec(
    size,
    (bytes, at = 0) => get(viewOf(bytes), at),
    (bytes, value, at = 0) => {
      if (!Number.isInteger(value) || value < 0 || value >= limit) {
        throw new RangeError(`${value} does not fit ${size * 8} unsigned bits`);
      }
      set(viewOf(bytes), at, value);
    },
  );
}

export const u8: Codec<number> = integer(
  1,
  (v, at) => v.getUint8(at),
  (v, at, n) => v.setUint8(at, n),
);
export const u16: Codec<number> = integer(
  2,
  (v, at) => v.getUint16(at, true),
  (v, at, n) => v.setUint16(at, n, true),
);
export const u32: Codec<number> = integer(
  4,
  (v, at) => v.getUint32(at, true),
  (v, at, n) => v.setUint32(at, n, true),
);
export const be16: Codec<number> = integer(
  2,
  (v, at) => v.getUint16(at),
  (v, at, n) => v.setUint16(at, n),
);
export const be32: Codec<number> = integer(
  4,
  (v, at) => v.getUint32(at),
  (v, at, n) => v.setUint32(at, n),
);

export const u64: Codec<bigint> = codec<bigint>(
  8,
  (bytes, at = 0) => viewOf(bytes).getBigUint64(at, true),
  (bytes, value, at = 0) => {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} does not fit 64 unsigned bits`);
    viewOf(bytes).setBigUint64(at, value, true);
  },
);

/** `u8[length]`. Shorter values are padded with zeros. */
export function octets(length: number): Codec<Uint8Array> {
  return codec(
    length,
    (bytes, at = 0) => bytes.slice(at, at + length),
    (bytes, value, at = 0) => {
      if (value.length > length) throw new RangeError(`${value.length} octets do not fit ${length}`);
      bytes.fill(0, at, at + length);
      bytes.set(value, at);
    },
  );
}

/** `char[length]`: UTF-8, padded with zeros; a full array has no terminator. */
export function text(length: number): Codec<string> {
  const raw = octets(length);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  return codec(
    length,
    (bytes, at = 0) => {
      const end = bytes.indexOf(0, at);
      return decoder.decode(bytes.subarray(at, end < 0 ? at + length : Math.min(end, at + length)));
    },
    (bytes, value, at = 0) => {
      raw.write(bytes, encoder.encode(value), at);
    },
  );
}

/** `element[length]`. Shorter values are padded with zeros. */
export function array<T>(element: Codec<T>, length: number): Codec<T[]> {
  return codec(
    element.size * length,
    (bytes, at = 0) => Array.from({ length }, (_, i) => element.read(bytes, at + i * element.size)),
    (bytes, value, at = 0) => {
      if (value.length > length) throw new RangeError(`${value.length} elements do not fit ${length}`);
      bytes.fill(0, at, at + length * element.size);
      value.forEach((one, i) => {
        element.write(bytes, one, at + i * element.size);
      });
    },
  );
}

/** A codec from a table of fields. `name` is the struct's in C; it stands in error messages. */
export function struct<T extends object>(name: string, size: number, fields: readonly Field<T>[]): StructCodec<T> {
  const base = codec<T>(
    size,
    (bytes, at = 0) => {
      if (bytes.length < at + size) {
        throw new RangeError(`struct ${name} needs ${size} octets, ${bytes.length - at} are there`);
      }
      const value: Partial<T> = {};
      for (const [key, offset, field] of fields) value[key] = field.read(bytes, at + offset);
      return value as T;
    },
    (bytes, value, at = 0) => {
      bytes.fill(0, at, at + size);
      for (const [key, offset, field] of fields) {
        try {
          field.write(bytes, value[key], at + offset);
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new RangeError(`struct ${name}, field ${key}: ${reason}`, { cause });
        }
      }
    },
  );
  const offsets = Object.fromEntries(fields.map(([key, offset]) => [key, offset])) as Record<keyof T & string, number>;
  return { ...base, name, offsets };
}

/** Names of an enum's values, for people. Of two names with one value the first stands. */
export function namesOf<N extends string>(values: Readonly<Record<N, number>>): ReadonlyMap<number, N> {
  const names = new Map<number, N>();
  for (const name of Object.keys(values) as N[]) {
    if (!names.has(values[name])) names.set(values[name], name);
  }
  return names;
}
