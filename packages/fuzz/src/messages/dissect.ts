/** Where the parts of a message stand. Nothing is judged: what does not fit ends the list. */
export interface Part {
  readonly kind: 'question' | 'answer' | 'authority' | 'additional';
  readonly start: number;
  /** Behind the name: type, class; of records TTL and RDLENGTH too. */
  readonly fixed: number;
  /** Where a record's data begins; a question's end. */
  readonly data: number;
  readonly end: number;
}

const HEADER = 12;
const PARTS_MAX = 512;
const KINDS = ['question', 'answer', 'authority', 'additional'] as const;

export function dissect(message: Buffer): Part[] {
  const parts: Part[] = [];
  if (message.length < HEADER) return parts;
  let start = HEADER;
  for (const [section, kind] of KINDS.entries()) {
    for (let left = message.readUInt16BE(4 + 2 * section); left > 0 && parts.length < PARTS_MAX; left--) {
      const fixed = behindName(message, start);
      const data = fixed + (kind === 'question' ? 4 : 10);
      if (data > message.length) return parts;
      const end = kind === 'question' ? data : data + message.readUInt16BE(data - 2);
      if (end > message.length) return parts;
      parts.push({ kind, start, fixed, data, end });
      start = end;
    }
  }
  return parts;
}

/** The offset behind a name where it stands; beyond the message when it does not end. */
export function behindName(message: Uint8Array, start: number): number {
  for (let at = start; ;) {
    const octet = message[at];
    if (octet === undefined) return Infinity;
    if (octet === 0) return at + 1;
    if (octet >= 0xc0) return at + 2;
    at += 1 + (octet & 0x3f);
  }
}
