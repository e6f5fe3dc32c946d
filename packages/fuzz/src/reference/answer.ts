import type { ReasonName } from '@namewall/datapath';
import { readName } from './name.ts';
import { type Question, questionAt, word } from './query.ts';

/** What an answer teaches, and why it teaches nothing. */
export interface Verdict {
  readonly reason: ReasonName;
  /** 16 octets as the maps hold them, in hex, to the TTL in seconds; an address met twice keeps the longer one. */
  readonly addresses: ReadonlyMap<string, number>;
  /** Addresses on the chain in the order of their records, those met twice twice. */
  readonly found: readonly string[];
  /** The question's name and those that its CNAMEs led to. */
  readonly chain: readonly string[];
  /** Octets behind the last record, where that can be told. */
  readonly trailing: boolean;
  /** What a third opinion may see in another way. */
  readonly seen: Seen;
}

export interface Seen {
  /** Records whose data we do not read: other types, other classes. */
  unread: boolean;
  /** Names with octets that are no text, or a dot inside a label. */
  oddNames: boolean;
  /** TC = 1, and the message ends inside a record. */
  cut: boolean;
}

const HEADER = 12;
const FIXED = 10;
const TRUNCATED = 0x0200;
const RECORDS_MAX = 256;
const ADDRESSES_MAX = 64;
const CHAIN_MAX = 16;
const STEPS_MAX = 4096;
/** Records of the common form that the walk takes first cost no steps. */
const PLAIN_MAX = 32;
/** Records that are read in all: a chain out of order is read again. */
const READ_MAX = 4 * RECORDS_MAX;
const A = 1;
const CNAME = 5;
const AAAA = 28;
const IN = 1;

/**
 * Judges an answer by RFC 1035 and by what the datapath promises: all or nothing; an address counts when its
 * owner is the end of the chain that the question's CNAMEs have made so far. Records are read in their order, and all
 * over again when the chain went on and some were passed over, until nothing changes: its CNAMEs may stand in any
 * order. Of the faults the first in reading order is the reason. `asked` is the pending question.
 */
export function judgeAnswer(message: Uint8Array, asked: Question | undefined): Verdict {
  const seen: Seen = { unread: false, oddNames: false, cut: false };
  const nothing = (reason: ReasonName): Verdict => ({
    reason,
    addresses: new Map(),
    found: [],
    chain: [],
    trailing: false,
    seen,
  });
  if (message.length < HEADER) return nothing('ANSWER_SHORT');
  if (asked === undefined) return nothing('ANSWER_UNSOLICITED');
  const flags = word(message, 2);
  if ((flags & 0xf800) !== 0x8000) return nothing('ANSWER_NOT_RESPONSE');
  if (word(message, 4) !== 1) return nothing('ANSWER_QDCOUNT');
  const first = questionAt(message);
  if (first?.question.wire !== asked.wire || first.question.type !== asked.type) {
    return nothing('ANSWER_OTHER_QUESTION');
  }
  if ((flags & 0x000f) !== 0) return nothing('ANSWER_RCODE');
  const count = word(message, 6);
  if (count > RECORDS_MAX) return nothing('ANSWER_TOO_MANY');
  const section = new Section(message, first.end, asked, seen);
  const fault = section.read(count);
  if (fault !== undefined) return nothing(fault);
  const { addresses, found, chain } = section;
  const alone = word(message, 8) === 0 && word(message, 10) === 0 && (flags & TRUNCATED) === 0;
  return {
    reason: found.length > 0 ? 'ANSWER_LEARNED' : 'ANSWER_NO_ADDRESS',
    addresses,
    found,
    chain,
    trailing: alone && section.offset < message.length,
    seen,
  };
}

/** An answer section being read. */
class Section {
  readonly addresses = new Map<string, number>();
  readonly found: string[] = [];
  readonly chain: string[];
  offset: number;
  readonly #begin: number;
  readonly #message: Uint8Array;
  readonly #type: number;
  readonly #seen: Seen;
  #chainTtl = 0x7fffffff;
  #stepsLeft = STEPS_MAX;
  #plain = true;
  /** In this reading the chain went on; an address or CNAME of another name was met. */
  #moved = false;
  #passedOver = false;

  constructor(message: Uint8Array, offset: number, asked: Question, seen: Seen) {
    this.#message = message;
    this.offset = offset;
    this.#begin = offset;
    this.#type = asked.type;
    this.chain = [asked.wire];
    this.#seen = seen;
  }

  /** Reads the section; returns its first fault. */
  read(promised: number): ReasonName | undefined {
    let count = promised;
    let left = READ_MAX;
    do {
      this.#startOver();
      for (let i = 0; i < count; i++) {
        this.#plain &&= i < PLAIN_MAX && this.#isPlain();
        if (!this.#plain && left-- === 0) return 'ANSWER_TOO_MANY';
        const fault = this.#record();
        if (fault === 'cut') count = i;
        else if (fault !== undefined) return fault;
      }
      this.#plain = false;
    } while (this.#moved && this.#passedOver);
    return undefined;
  }

  #startOver(): void {
    this.offset = this.#begin;
    this.addresses.clear();
    this.found.length = 0;
    this.#moved = false;
    this.#passedOver = false;
  }

  /** Reads the next record; returns its fault, or 'cut' when TC = 1 and the message ends inside it. */
  #record(): ReasonName | 'cut' | undefined {
    const message = this.#message;
    if (this.offset >= message.length) return this.#cut('ANSWER_CUT_RECORD');
    const owner = readName(message, this.offset, this.#plain ? Infinity : this.#stepsLeft);
    if (!this.#plain) this.#stepsLeft -= owner.steps;
    if (owner.fault !== undefined) return owner.cut === true ? this.#cut(owner.fault) : owner.fault;
    const data = owner.end + FIXED;
    if (data > message.length) return this.#cut('ANSWER_CUT_RECORD');
    const size = word(message, owner.end + 8);
    const end = data + size;
    if (end > message.length) return this.#cut('ANSWER_BAD_RDLENGTH');
    this.offset = end;
    const type = word(message, owner.end);
    this.#seen.oddNames ||= isOdd(owner.wire);
    if (word(message, owner.end + 2) !== IN || ![A, AAAA, CNAME].includes(type)) {
      this.#seen.unread = true;
      return undefined;
    }
    const onChain = owner.wire === this.chain.at(-1);
    const ttl = lifetime(message, owner.end + 4);
    if (type === CNAME) return this.#cname(data, end, onChain, ttl);
    if (size !== (type === A ? 4 : 16)) return 'ANSWER_BAD_RDLENGTH';
    this.#passedOver ||= !onChain;
    return onChain && type === this.#type ? this.#address(message.subarray(data, end), ttl) : undefined;
  }

  #cname(data: number, end: number, onChain: boolean, ttl: number): ReasonName | undefined {
    const target = readName(this.#message, data, this.#stepsLeft);
    this.#stepsLeft -= target.steps;
    if (target.fault !== undefined) return target.fault;
    if (target.end !== end) return 'ANSWER_BAD_RDLENGTH';
    this.#seen.oddNames ||= isOdd(target.wire);
    this.#passedOver ||= !onChain;
    if (!onChain) return undefined;
    if (this.chain.length > CHAIN_MAX) return 'ANSWER_CHAIN_LONG';
    if (this.chain.includes(target.wire)) return 'ANSWER_BAD_CHAIN';
    this.chain.push(target.wire);
    this.#moved = true;
    this.#chainTtl = Math.min(this.#chainTtl, ttl);
    return undefined;
  }

  #address(octets: Uint8Array, ownTtl: number): ReasonName | undefined {
    if (this.found.length >= ADDRESSES_MAX) return 'ANSWER_TOO_MANY_ADDRESSES';
    const key = (octets.length === 4 ? '00000000000000000000ffff' : '') + Buffer.from(octets).toString('hex');
    this.found.push(key);
    this.addresses.set(key, Math.max(this.addresses.get(key) ?? 0, Math.min(ownTtl, this.#chainTtl)));
    return undefined;
  }

  /** Without TC a record that the message ends inside is a fault (RFC 2181, section 9). */
  #cut(fault: ReasonName): ReasonName | 'cut' {
    if ((word(this.#message, 2) & TRUNCATED) === 0) return fault;
    this.#seen.cut = true;
    return 'cut';
  }

  /** An address whose owner is a pointer to the question. */
  #isPlain(): boolean {
    const message = this.#message;
    const at = this.offset;
    const type = word(message, at + 2);
    const size = type === A ? 4 : type === AAAA ? 16 : -1;
    return (
      at + 12 + size <= message.length &&
      word(message, at) === 0xc000 + HEADER &&
      word(message, at + 4) === IN &&
      word(message, at + 10) === size
    );
  }
}

/** A TTL with its top bit set means 0 (RFC 2181, section 8). */
function lifetime(message: Uint8Array, at: number): number {
  const high = word(message, at);
  return high >= 0x8000 ? 0 : high * 0x10000 + word(message, at + 2);
}

/** A label that text would not give back: dots, and what is not printable ASCII. */
function isOdd(wire: string): boolean {
  for (let at = 0; at < wire.length;) {
    const length = wire.charCodeAt(at);
    for (let i = at + 1; i <= at + length; i++) {
      const octet = wire.charCodeAt(i);
      if (octet < 0x21 || octet > 0x7e || octet === 0x2e) return true;
    }
    at += length + 1;
  }
  return false;
}
