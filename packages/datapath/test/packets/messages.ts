/** DNS messages by hand (RFC 1035, section 4), so that a test can say every octet, right or wrong. */

/** Wire form of a plain dotted name; "" is the root. */
export function wire(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([...parts, Buffer.alloc(1)]);
}

/** A compression pointer. */
export function pointer(to: number): Buffer {
  return Buffer.from([0xc0 | (to >> 8), to & 255]);
}

export const TYPE = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, DNAME: 39, OPT: 41 } as const;
export const FLAG = { QR: 0x8000, TC: 0x0200, RD: 0x0100, RA: 0x0080 } as const;
/** Where the question's name stands in every message. */
export const QNAME = 12;

export interface Header {
  readonly id?: number;
  readonly flags?: number;
  readonly counts?: readonly [questions: number, answers: number, authorities: number, additionals: number];
}

export function header({ id = 0x1234, flags = FLAG.RD, counts = [1, 0, 0, 0] }: Header = {}): Buffer {
  const octets = Buffer.alloc(12);
  [id, flags, ...counts].forEach((word, i) => octets.writeUInt16BE(word, 2 * i));
  return octets;
}

export function question(name: string | Buffer, type: number = TYPE.A, qclass = 1): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(qclass, 2);
  return Buffer.concat([typeof name === 'string' ? wire(name) : name, tail]);
}

export interface RecordOptions {
  readonly ttl?: number;
  readonly rclass?: number;
  /** RDLENGTH, when it shall be another than the data's. */
  readonly length?: number;
}

export function record(owner: string | Buffer, type: number, data: Uint8Array, options: RecordOptions = {}): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(options.rclass ?? 1, 2);
  fixed.writeUInt32BE(options.ttl ?? 300, 4);
  fixed.writeUInt16BE(options.length ?? data.length, 8);
  return Buffer.concat([typeof owner === 'string' ? wire(owner) : owner, fixed, data]);
}

export function query(name: string | Buffer, type: number = TYPE.A, head: Header = {}): Buffer {
  return Buffer.concat([header(head), question(name, type)]);
}

/** An answer to `query(name, type)` with these records in its answer section. */
export function response(name: string | Buffer, type: number, records: readonly Buffer[], head: Header = {}): Buffer {
  const counts = head.counts ?? ([1, records.length, 0, 0] as const);
  const flags = head.flags ?? FLAG.QR | FLAG.RD | FLAG.RA;
  return Buffer.concat([header({ ...head, flags, counts }), question(name, type), ...records]);
}

/** Frame offset of the next record behind the question, as a pointer value, when records follow one another. */
export function offsetAfter(name: string | Buffer, records: readonly Buffer[] = []): number {
  return QNAME + (typeof name === 'string' ? wire(name) : name).length + 4 + Buffer.concat([...records]).length;
}
