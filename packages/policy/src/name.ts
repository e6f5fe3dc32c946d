import { NameError } from './errors.ts';

/** Octets of a whole name in wire form, the root label included (RFC 1035, 2.3.4). */
export const NAME_OCTETS_MAX = 255;
/** Octets of one label (RFC 1035, 2.3.4). */
export const LABEL_OCTETS_MAX = 63;

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/**
 * A name as people write it, in uncompressed wire form: each label after its length, a zero octet last.
 * The trailing dot is optional; "." is the root. `\DDD` is an octet in decimal, `\c` any other
 * character taken as it is. Case is kept. Text must be ASCII.
 *
 * @throws NameError
 */
export function nameToWire(text: string): Uint8Array {
  if (text === '.') return Uint8Array.of(0);
  if (text === '') throw new NameError('EMPTY', 'name is empty: write "." for the root');
  const wire: number[] = [];
  let label: number[] = [];
  const closeLabel = () => {
    if (label.length === 0) throw new NameError('EMPTY_LABEL', `name "${text}" has an empty label: remove the dot`);
    if (label.length > LABEL_OCTETS_MAX) {
      throw new NameError('LABEL_TOO_LONG', `a label of "${text}" has ${label.length} octets: at most 63 fit`);
    }
    wire.push(label.length, ...label);
    label = [];
  };
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) throw new NameError('NOT_ASCII', `name "${text}" is not ASCII: write its punycode form`);
    if (code === DOT) {
      closeLabel();
      at += 1;
    } else if (code === BACKSLASH) {
      const escape = readEscape(text, at);
      label.push(escape.octet);
      at += escape.length;
    } else {
      label.push(code);
      at += 1;
    }
  }
  if (label.length > 0) closeLabel();
  if (wire.length + 1 > NAME_OCTETS_MAX) {
    throw new NameError('NAME_TOO_LONG', `name "${text}" needs ${wire.length + 1} octets: at most 255 fit`);
  }
  wire.push(0);
  return Uint8Array.from(wire);
}

function readEscape(text: string, at: number): { octet: number; length: number } {
  const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (digits !== undefined && Number(digits) <= 255) return { octet: Number(digits), length: 4 };
  const next = text.charCodeAt(at + 1);
  if (digits !== undefined || Number.isNaN(next) || next > 0x7f || /\d/.test(text.charAt(at + 1))) {
    throw new NameError(
      'BAD_ESCAPE',
      `name "${text}" has a bad escape: write \\DDD (000 to 255) or \\ and a character`,
    );
  }
  return { octet: next, length: 2 };
}

/**
 * The labels of an uncompressed wire name, from the left, without the root label; [] is the root.
 *
 * @throws NameError if the octets are not exactly one name of at most 255 octets
 */
export function labelsOf(wire: Uint8Array): Uint8Array[] {
  const labels: Uint8Array[] = [];
  for (let at = 0; ;) {
    const length = wire[at];
    if (length === undefined) throw new NameError('BAD_WIRE', 'wire name ends without the root label');
    if (length > LABEL_OCTETS_MAX) throw new NameError('BAD_WIRE', `wire name has label type ${length >> 6} at ${at}`);
    const end = at + 1 + length;
    if (end > NAME_OCTETS_MAX) throw new NameError('NAME_TOO_LONG', 'wire name is longer than 255 octets');
    if (length === 0) {
      if (end !== wire.length) throw new NameError('BAD_WIRE', 'wire name goes on behind the root label');
      return labels;
    }
    if (end > wire.length) throw new NameError('BAD_WIRE', 'wire name ends inside a label');
    labels.push(wire.subarray(at + 1, end));
    at = end;
  }
}

/**
 * A wire name for people: no trailing dot, "." for the root, `\.` and `\\` for a dot or backslash
 * inside a label, `\DDD` for what is not printable ASCII. {@link nameToWire} reads it back.
 *
 * @throws NameError as {@link labelsOf}
 */
export function wireToText(wire: Uint8Array): string {
  const labels = labelsOf(wire);
  return labels.length === 0 ? '.' : labels.map(labelToText).join('.');
}

function labelToText(label: Uint8Array): string {
  let text = '';
  for (const octet of label) {
    if (octet === DOT || octet === BACKSLASH) text += `\\${String.fromCharCode(octet)}`;
    else if (octet > 0x20 && octet < 0x7f) text += String.fromCharCode(octet);
    else text += `\\${String(octet).padStart(3, '0')}`;
  }
  return text;
}

/**
 * The name in lower case: A to Z only, as DNS compares (RFC 4343). Octets above 127 stay. Length
 * octets are never letters (they are at most 63), so the whole buffer is folded. A copy.
 */
export function foldWire(wire: Uint8Array): Uint8Array {
  return wire.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet));
}
