/** The parts that messages are made of (RFC 1035, section 4). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  DNAME: 39,
  OPT: 41,
  HTTPS: 65,
  ANY: 255,
} as const;
export const CLASS_IN = 1;
export const HEADER = 12;
/** As long as a test-run lets a packet be, less its headers. */
export const MESSAGE_MAX = 3600;

export function word(value: number): Buffer {
  const octets = Buffer.allocUnsafe(2);
  octets.writeUInt16BE(value & 0xffff);
  return octets;
}

export function pointer(to: number): Buffer {
  return word(0xc000 | to);
}

/** A name of these labels, root label included. */
export function wireName(labels: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
}

export interface Fields {
  readonly type: number;
  readonly rclass?: number;
  readonly ttl: number;
  /** RDLENGTH where it is not the data's. */
  readonly length?: number;
}

export function record(owner: Uint8Array, { type, rclass = CLASS_IN, ttl, length }: Fields, data: Uint8Array): Buffer {
  const fixed = Buffer.allocUnsafe(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(rclass, 2);
  fixed.writeUInt32BE(ttl >>> 0, 4);
  fixed.writeUInt16BE((length ?? data.length) & 0xffff, 8);
  return Buffer.concat([owner, fixed, data]);
}

export function header(id: number, flags: number, counts: readonly [number, number, number, number]): Buffer {
  const octets = Buffer.allocUnsafe(HEADER);
  [id, flags, ...counts].forEach((value, i) => octets.writeUInt16BE(value & 0xffff, 2 * i));
  return octets;
}
