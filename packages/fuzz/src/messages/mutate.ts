import type { Random } from '../random.ts';
import { behindName, dissect, type Part } from './dissect.ts';
import { address, flipCase, name, opt } from './grammar.ts';
import { HEADER, MESSAGE_MAX, pointer, record, TYPE, word } from './wire.ts';

/** Makes another message of one. `other` gives messages to splice from. */
type Mutation = (message: Buffer, random: Random, other: () => Buffer) => Buffer;

const INTERESTING = [
  0, 1, 2, 3, 4, 5, 15, 16, 17, 28, 41, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xc00c, 0xffff,
] as const;
const TYPES = [TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.DNAME, TYPE.TXT, TYPE.OPT, TYPE.HTTPS, 0, 65535] as const;
const CLASSES = [0, 1, 3, 4, 254, 255, 0x8001] as const;
/** More often the small changes than the coarse ones. */
const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  changeName,
  changeName,
  changeName,
  changeCase,
  changeType,
  changeClass,
  changeLength,
  changeLength,
  changeTtl,
  changeFlags,
  changeCount,
  changeCount,
  truncate,
  append,
  duplicate,
  remove,
  swap,
  splice,
  splice,
  addAddress,
  addAddress,
  addCname,
  addCname,
  addOpt,
  flipBits,
  changeOctets,
  insertOctets,
  deleteOctets,
];

/** One to four changes to a message; it stays as short as a test-run needs. */
export function mutate(message: Buffer, random: Random, other: () => Buffer): Buffer {
  let result = message;
  for (let left = random.pick([1, 1, 1, 2, 2, 3, 4]); left > 0; left--) {
    result = random.pick(MUTATIONS)(result, random, other).subarray(0, MESSAGE_MAX);
  }
  return result;
}

function replace(message: Buffer, from: number, to: number, octets: Uint8Array): Buffer {
  return Buffer.concat([message.subarray(0, from), octets, message.subarray(to)]);
}

function withWord(message: Buffer, at: number, value: number): Buffer {
  if (at < 0 || at + 2 > message.length) return message;
  const result = Buffer.from(message);
  result.writeUInt16BE(value & 0xffff, at);
  return result;
}

function somePart(message: Buffer, random: Random): Part | undefined {
  return random.pick(dissect(message));
}

function someRecord(message: Buffer, random: Random): Part | undefined {
  return random.pick(dissect(message).filter(({ kind }) => kind !== 'question'));
}

/** Adds to the count of the section that a part stands in. */
function recount(message: Buffer, part: Part, by: number): Buffer {
  const at = { question: 4, answer: 6, authority: 8, additional: 10 }[part.kind];
  return withWord(message, at, message.readUInt16BE(at) + by);
}

/** Puts a record behind the answer section, whose count says so. */
function addAnswer(message: Buffer, octets: Buffer, random: Random): Buffer {
  const answers = dissect(message).filter(({ kind }) => kind === 'question' || kind === 'answer');
  const at = (random.oneIn(3) ? random.pick(answers) : answers.at(-1))?.end;
  if (at === undefined) return message;
  return withWord(replace(message, at, at, octets), 6, message.readUInt16BE(6) + (random.oneIn(8) ? 0 : 1));
}

/** Another form of a name: pointers good and bad, the question, random labels, bad label types. */
function someName(message: Buffer, random: Random, at: number): Buffer {
  const parts = dissect(message);
  const starts = parts.flatMap(({ kind, start, data }) => (kind === 'question' ? [start] : [start, data]));
  switch (random.below(12)) {
    case 0:
      return pointer(at);
    case 1:
      return pointer(at + random.between(1, 40));
    case 2:
      return pointer(random.below(HEADER));
    case 3:
      return pointer(message.length - random.below(3));
    case 4:
      return Buffer.of(random.pick([0x40, 0x80, 0xbf]) + random.below(8), 0);
    case 5:
      return Buffer.concat([Buffer.of(1, 0x61 + random.below(26)), pointer(random.pick(starts) ?? HEADER)]);
    case 6:
      return name(random);
    case 7:
      return message.subarray(HEADER, Math.min(behindName(message, HEADER), HEADER + 255));
    case 8:
      return Buffer.concat([name(random).subarray(0, -1), pointer(random.below(Math.max(1, at)))]);
    case 9:
      return Buffer.of(0);
    default:
      return pointer(random.pick(starts) ?? HEADER);
  }
}

function changeName(message: Buffer, random: Random): Buffer {
  const part = somePart(message, random);
  if (part === undefined) return message;
  const isTarget = part.kind !== 'question' && message.readUInt16BE(part.fixed) === TYPE.CNAME && random.oneIn(2);
  if (!isTarget) return replace(message, part.start, part.fixed, someName(message, random, part.start));
  const target = someName(message, random, part.data);
  const changed = replace(message, part.data, part.end, target);
  return random.oneIn(6) ? changed : withWord(changed, part.data - 2, target.length);
}

function changeCase(message: Buffer, random: Random): Buffer {
  const part = somePart(message, random);
  if (part === undefined) return message;
  return replace(message, part.start, part.fixed, flipCase(random, message.subarray(part.start, part.fixed)));
}

function changeType(message: Buffer, random: Random): Buffer {
  const part = somePart(message, random);
  return part ? withWord(message, part.fixed, random.pick(TYPES)) : message;
}

function changeClass(message: Buffer, random: Random): Buffer {
  const part = somePart(message, random);
  return part ? withWord(message, part.fixed + 2, random.pick(CLASSES)) : message;
}

function changeLength(message: Buffer, random: Random): Buffer {
  const part = someRecord(message, random);
  if (part === undefined) return message;
  const length = message.readUInt16BE(part.data - 2);
  const toEnd = message.length - part.data;
  const choices = [length - 1, length + 1, 0, toEnd, toEnd + 1, random.pick(INTERESTING)] as const;
  return withWord(message, part.data - 2, random.pick(choices));
}

function changeTtl(message: Buffer, random: Random): Buffer {
  const part = someRecord(message, random);
  return part ? withWord(message, part.fixed + 4 + 2 * random.below(2), random.pick(INTERESTING)) : message;
}

function changeFlags(message: Buffer, random: Random): Buffer {
  if (message.length < HEADER) return message;
  const bits = random.pick([0x0200, 0x0200, 0x8000, 1 << random.below(16), random.below(16)]);
  return withWord(message, 2, message.readUInt16BE(2) ^ bits);
}

function changeCount(message: Buffer, random: Random): Buffer {
  if (message.length < HEADER) return message;
  const at = 4 + 2 * random.below(4);
  const choices = [message.readUInt16BE(at) + 1, message.readUInt16BE(at) - 1, random.pick(INTERESTING)] as const;
  return withWord(message, at, random.pick(choices));
}

function truncate(message: Buffer, random: Random): Buffer {
  const part = random.oneIn(2) ? somePart(message, random) : undefined;
  const at = part ? random.between(part.start, part.end) : random.below(message.length + 1);
  const cut = Buffer.from(message.subarray(0, at));
  return random.oneIn(2) && cut.length >= HEADER ? withWord(cut, 2, cut.readUInt16BE(2) | 0x0200) : cut;
}

function append(message: Buffer, random: Random): Buffer {
  return Buffer.concat([message, random.octets(random.between(1, 20))]);
}

function duplicate(message: Buffer, random: Random): Buffer {
  const part = someRecord(message, random);
  if (part === undefined) return message;
  const times = random.oneIn(8) ? random.between(2, 70) : 1;
  const copies = Buffer.concat(Array.from({ length: times }, () => message.subarray(part.start, part.end)));
  const copied = replace(message, part.end, part.end, copies);
  return random.oneIn(6) ? copied : recount(copied, part, times);
}

function remove(message: Buffer, random: Random): Buffer {
  const part = somePart(message, random);
  if (part === undefined) return message;
  const removed = replace(message, part.start, part.end, Buffer.alloc(0));
  return random.oneIn(6) ? removed : recount(removed, part, -1);
}

function swap(message: Buffer, random: Random): Buffer {
  const [a, b] = [someRecord(message, random), someRecord(message, random)];
  if (a === undefined || b === undefined || a.start >= b.start) return message;
  const between = message.subarray(a.end, b.start);
  return replace(
    message,
    a.start,
    b.end,
    Buffer.concat([message.subarray(b.start, b.end), between, message.subarray(a.start, a.end)]),
  );
}

function splice(message: Buffer, random: Random, other: () => Buffer): Buffer {
  const donor = other();
  const part = someRecord(donor, random);
  if (part !== undefined && !random.oneIn(4)) return addAnswer(message, donor.subarray(part.start, part.end), random);
  const head = message.subarray(0, random.below(message.length + 1));
  return Buffer.concat([head, donor.subarray(random.below(donor.length + 1))]);
}

function addAddress(message: Buffer, random: Random): Buffer {
  const type = random.pick([TYPE.A, TYPE.AAAA]);
  const owner = random.oneIn(2) ? pointer(HEADER) : someName(message, random, message.length);
  const length = random.oneIn(10) ? random.pick(INTERESTING) : undefined;
  const fields = { type, ttl: random.next(), ...(length === undefined ? {} : { length }) };
  return addAnswer(message, record(owner, fields, address(random, type)), random);
}

function addCname(message: Buffer, random: Random): Buffer {
  const owner = random.oneIn(2) ? pointer(HEADER) : someName(message, random, message.length);
  const target = someName(message, random, message.length + owner.length + 10);
  return addAnswer(message, record(owner, { type: TYPE.CNAME, ttl: random.next() }, target), random);
}

function addOpt(message: Buffer, random: Random): Buffer {
  if (message.length < HEADER) return message;
  const octets = Buffer.concat([message, opt(random)]);
  return random.oneIn(4) ? octets : withWord(octets, 10, octets.readUInt16BE(10) + 1);
}

function flipBits(message: Buffer, random: Random): Buffer {
  const result = Buffer.from(message);
  for (let left = random.between(1, 4); left > 0 && result.length > 0; left--) {
    const at = random.below(result.length);
    result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
  }
  return result;
}

function changeOctets(message: Buffer, random: Random): Buffer {
  return withWord(message, random.below(Math.max(1, message.length)), random.pick(INTERESTING));
}

function insertOctets(message: Buffer, random: Random): Buffer {
  const at = random.below(message.length + 1);
  return replace(
    message,
    at,
    at,
    random.oneIn(2) ? word(random.pick(INTERESTING)) : random.octets(random.between(1, 8)),
  );
}

function deleteOctets(message: Buffer, random: Random): Buffer {
  const at = random.below(message.length + 1);
  return replace(message, at, Math.min(message.length, at + random.between(1, 8)), Buffer.alloc(0));
}
