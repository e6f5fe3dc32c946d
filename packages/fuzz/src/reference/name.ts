import type { ReasonName } from '@namewall/datapath';

/** Octets of a name with its root label (RFC 1035, 2.3.4). */
const NAME_MAX = 255;
const JUMPS_MAX = 16;
const HEADER = 12;

/** A name as it stands in a message: its folded wire form, or what is wrong with it. */
export interface ReadName {
  /** Folded wire form, one character an octet; '' when there is a fault. */
  readonly wire: string;
  /** Offset behind the name where it began. */
  readonly end: number;
  /** Labels, the root and pointers that were looked at. */
  readonly steps: number;
  readonly fault?: ReasonName;
  /** The fault is that the message ends inside the name, before any pointer led elsewhere. */
  readonly cut?: boolean;
}

/**
 * Reads a name (RFC 1035, 4.1.4) under our own rules: a pointer leads behind the header and before the place
 * that the name, or the pointer before it, began at; at most 16 are followed.
 */
export function readName(message: Uint8Array, start: number, stepsLeft = Infinity): ReadName {
  let wire = '';
  let at = start;
  let before = start;
  let end: number | undefined;
  let jumps = 0;
  let steps = 0;
  const bad = (fault: ReasonName, cut = false): ReadName => ({ wire: '', end: end ?? at, steps, fault, cut });
  for (;;) {
    if (steps >= stepsLeft) return bad('ANSWER_POINTER_CHAIN');
    steps++;
    const octet = message[at];
    if (octet === undefined) return bad('ANSWER_BAD_NAME', end === undefined);
    if (octet >= 0xc0) {
      const low = message[at + 1];
      if (low === undefined) return bad('ANSWER_BAD_POINTER', end === undefined);
      const target = (octet & 0x3f) * 256 + low;
      end ??= at + 2;
      if (target < HEADER || target >= before) return bad('ANSWER_BAD_POINTER');
      if (++jumps > JUMPS_MAX) return bad('ANSWER_POINTER_CHAIN');
      at = target;
      before = target;
      continue;
    }
    if (octet >= 0x40) return bad('ANSWER_BAD_NAME');
    // Behind a label at least the root is to come.
    if (wire.length + 1 + octet + (octet === 0 ? 0 : 1) > NAME_MAX) return bad('ANSWER_BAD_NAME');
    if (at + 1 + octet > message.length) return bad('ANSWER_BAD_NAME', end === undefined);
    wire += folded(message, at, at + 1 + octet);
    at += 1 + octet;
    if (octet === 0) return { wire, end: end ?? at, steps };
  }
}

/** A to Z in lower case (RFC 4343), all else as it is. Length octets are never letters. */
function folded(octets: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const octet = octets[i] ?? 0;
    text += String.fromCharCode(octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet);
  }
  return text;
}

/** The name of a question: the same rules without pointers. */
export function readPlainName(message: Uint8Array, start: number): ReadName | undefined {
  const name = readName(message, start);
  // A pointer takes two octets where it stands, whatever it leads to.
  return name.fault === undefined && name.end - start === name.wire.length ? name : undefined;
}
