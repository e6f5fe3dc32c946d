import { readPlainName } from './name.ts';

/** What a pod asked: folded wire name, one character an octet, and type. The class is IN. */
export interface Question {
  readonly wire: string;
  readonly type: number;
}

const HEADER = 12;
const QR_AND_OPCODE = 0xf800;
const OPT = 41;
const SIG = 24;
const COOKIE = 10;
/** Root owner, type, size, TTL, RDLENGTH (RFC 6891, 6.1.2). */
const OPT_HEADER = 11;
const SIZE_MAX = 1232;
/** A padded question or a signed one, no file. */
const QUERY_MAX = 512;

export const word = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);

/** A query that may pass where every name is allowed. */
export interface PlainQuery {
  readonly question: Question;
  /** Where the answer size stands that its OPT advertises, when it is over 1,232 and lowered to that. */
  readonly clamped?: number;
  /** It says nothing but its name: an address type, lower case, no EDNS option but a cookie. */
  readonly bare: boolean;
}

/**
 * The one plain question that a query is (docs/adr/0003-verdict-order.md): QR 0, opcode 0, one question of class IN,
 * uncompressed, nothing in the answer and authority sections. Behind the question stands nothing, an OPT that ends
 * with the message, a SIG(0) of the root that does, or an OPT and a second record that is not looked at; 512 octets in
 * all. Undefined for all else.
 */
export function plainQuery(message: Uint8Array): PlainQuery | undefined {
  if (message.length < HEADER || message.length > QUERY_MAX) return undefined;
  if ((word(message, 2) & QR_AND_OPCODE) !== 0) return undefined;
  if (word(message, 4) !== 1 || word(message, 6) !== 0 || word(message, 8) !== 0) return undefined;
  const read = questionAt(message);
  if (read === undefined) return undefined;
  const { question, end } = read;
  const additionals = word(message, 10);
  const bare = isBare(message, question, end);
  if (additionals === 0) return end === message.length ? { question, bare } : undefined;
  if (additionals > 2 || message[end] !== 0 || end + OPT_HEADER > message.length) return undefined;
  const type = word(message, end + 1);
  if (additionals === 2) return type === OPT ? { question, bare } : undefined;
  if (end + OPT_HEADER + word(message, end + 9) !== message.length) return undefined;
  if (type === SIG) return { question, bare };
  if (type !== OPT) return undefined;
  return word(message, end + 3) > SIZE_MAX ? { question, bare, clamped: end + 3 } : { question, bare };
}

/** Of what is made of another name and a search suffix only such questions pass. */
function isBare(message: Uint8Array, { wire, type }: Question, end: number): boolean {
  const raw = Buffer.from(message).toString('latin1', HEADER, HEADER + wire.length);
  if ((type !== 1 && type !== 28) || raw !== wire) return false;
  const rest = message.length - end;
  if (rest === 0 || rest === OPT_HEADER) return true;
  const isCookie = rest >= OPT_HEADER + 4 && word(message, end + 1) === OPT && word(message, end + 11) === COOKIE;
  return isCookie && word(message, end + 13) + OPT_HEADER + 4 === rest;
}

/** The first question, where it is an uncompressed one of class IN, and the offset behind it. */
export function questionAt(message: Uint8Array): { question: Question; end: number } | undefined {
  const name = readPlainName(message, HEADER);
  if (name === undefined || name.end + 4 > message.length || word(message, name.end + 2) !== 1) return undefined;
  return { question: { wire: name.wire, type: word(message, name.end) }, end: name.end + 4 };
}
