import type { Random } from '../random.ts';
import { scrambled } from './scrambled.ts';
import { CLASS_IN, HEADER, header, pointer, record, TYPE, wireName, word } from './wire.ts';

const LETTERS = Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ');
const TTLS = [0, 1, 59, 300, 86_400, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as const;
const TYPES = [TYPE.A, TYPE.A, TYPE.A, TYPE.AAAA, TYPE.AAAA, TYPE.TXT, TYPE.CNAME, TYPE.HTTPS, TYPE.ANY] as const;

/** A response by the grammar: mostly right, of every shape that a resolver may send, up to and over the limits. */
export function response(random: Random): Buffer {
  return random.oneIn(16) ? scrambled(random) : new Response(random).build();
}

/** A query by the grammar, mostly plain. */
export function query(random: Random): Buffer {
  const question = Buffer.concat([name(random), word(random.pick(TYPES)), word(random.oneIn(20) ? 3 : CLASS_IN)]);
  const additional = random.oneIn(2) ? [opt(random)] : [];
  const head = header(random.next(), random.oneIn(20) ? random.next() : 0x0100, [1, 0, 0, additional.length]);
  return Buffer.concat([head, question, ...additional]);
}

/** A label: letters mostly, now and then any octets; 63 at most. */
function label(random: Random): Buffer {
  const length = random.between(1, random.oneIn(30) ? 63 : 14);
  if (random.oneIn(25)) return random.octets(length);
  const octets = Buffer.alloc(length);
  for (let i = 0; i < length; i++) octets[i] = LETTERS[random.below(LETTERS.length)] ?? 0x61;
  return octets;
}

/** An uncompressed name; rarely the root, one of 255 octets, or one of 127 labels. */
export function name(random: Random): Buffer {
  if (random.oneIn(60)) return Buffer.of(0);
  if (random.oneIn(60)) return longest(random);
  if (random.oneIn(60)) return wireName(Array.from({ length: random.between(100, 127) }, () => Buffer.from('x')));
  return wireName(Array.from({ length: random.between(1, 5) }, () => label(random)));
}

/** Exactly 255 octets, or one more. */
function longest(random: Random): Buffer {
  const full = Buffer.alloc(63, 0x6c);
  return wireName([full, full, full, Buffer.alloc(random.between(60, 62), 0x6c)]);
}

export function address(random: Random, type: number): Buffer {
  const octets = random.octets(type === TYPE.AAAA ? 16 : 4);
  if (random.oneIn(30)) octets[0] = random.pick([127, 169, 0, 255]);
  if (octets[0] === 169) octets[1] = 254;
  if (type !== TYPE.AAAA || !random.oneIn(30)) return octets;
  // An IPv4 address carried in an IPv6 one: mapped, NAT64, 6to4.
  const carried = address(random, TYPE.A);
  const prefix = random.pick(['00000000000000000000ffff', '0064ff9b0000000000000000', '2002']);
  return Buffer.concat([Buffer.from(prefix, 'hex'), carried, octets]).subarray(0, 16);
}

export function opt(random: Random): Buffer {
  const options = Array.from({ length: random.oneIn(10) ? random.below(60) : random.below(3) }, () => {
    const data = random.octets(random.below(12));
    return Buffer.concat([word(random.below(20)), word(data.length), data]);
  });
  return record(Buffer.of(0), { type: TYPE.OPT, rclass: 1232, ttl: random.below(2) * 0x8000 }, Buffer.concat(options));
}

class Response {
  readonly #random: Random;
  readonly #records: Buffer[] = [];
  #size = 0;
  /** The chain's end: where a pointer finds it, and its octets. */
  #target: { at: number; wire: Buffer };
  readonly #type: number;

  constructor(random: Random) {
    this.#random = random;
    this.#target = { at: HEADER, wire: name(random) };
    this.#type = random.pick(TYPES);
    this.#size = HEADER + this.#target.wire.length + 4;
  }

  build(): Buffer {
    const random = this.#random;
    const question = Buffer.concat([this.#target.wire, word(this.#type), word(CLASS_IN)]);
    if (random.oneIn(12)) this.#pointerLadder();
    const cnames = random.oneIn(20) ? random.between(14, 18) : random.oneIn(3) ? random.between(1, 5) : 0;
    for (let i = 0; i < cnames; i++) this.#cname();
    const many = random.oneIn(25) ? random.between(60, 66) : random.oneIn(60) ? random.between(200, 258) : undefined;
    const addresses = many ?? random.below(7);
    for (let i = 0; i < addresses; i++) {
      if (random.oneIn(12)) this.#other();
      this.#address();
    }
    const answers = this.#records.length;
    const authorities = random.oneIn(4) ? random.between(1, 3) : 0;
    for (let i = 0; i < authorities; i++) this.#other();
    const additionals = random.oneIn(2) ? 1 : 0;
    if (additionals > 0) this.#push(opt(random));
    const flags = 0x8180 | (random.oneIn(12) ? 0x0200 : 0) | (random.oneIn(25) ? random.below(16) : 0);
    const head = header(random.next(), flags, [1, answers, authorities, additionals]);
    return Buffer.concat([head, question, ...this.#records]);
  }

  #push(octets: Buffer): void {
    this.#records.push(octets);
    this.#size += octets.length;
  }

  /** The chain's end as an owner: a pointer, its octets, those in another case, or its first label and a pointer. */
  #owner(): Buffer {
    const random = this.#random;
    const { at, wire } = this.#target;
    if (at < 0x4000 && !random.oneIn(5)) return pointer(at);
    const first = 1 + (wire[0] ?? 0);
    if (at < 0x3f00 && first > 1 && wire.length > first && random.oneIn(2)) {
      return Buffer.concat([wire.subarray(0, first), pointer(at + first)]);
    }
    return random.oneIn(2) ? wire : flipCase(random, wire);
  }

  #cname(): void {
    const random = this.#random;
    const owner = this.#owner();
    const at = this.#size + owner.length + 10;
    const back = this.#target.at;
    // Under a label of its own the target may end in the name it came from.
    const short = this.#target.wire.length < 200 && back < 0x4000 && random.oneIn(3);
    const own = label(random);
    const head = Buffer.concat([Buffer.of(own.length), own]);
    const wire = short ? Buffer.concat([head, this.#target.wire]) : name(random);
    this.#push(
      record(owner, { type: TYPE.CNAME, ttl: random.pick(TTLS) }, short ? Buffer.concat([head, pointer(back)]) : wire),
    );
    // Where the wire form does not stand in one piece the name is still found by a pointer to its start.
    this.#target = { at, wire };
  }

  #address(): void {
    const random = this.#random;
    const wanted = this.#type === TYPE.AAAA ? TYPE.AAAA : TYPE.A;
    const other = this.#type === TYPE.AAAA ? TYPE.A : TYPE.AAAA;
    const type = random.oneIn(20) ? other : wanted;
    const owner = random.oneIn(25) ? name(random) : this.#owner();
    const rclass = random.oneIn(40) ? random.pick([0, 3, 254, 255, 0x8001]) : CLASS_IN;
    this.#push(record(owner, { type, rclass, ttl: random.pick(TTLS) }, address(random, type)));
  }

  #other(): void {
    const random = this.#random;
    const type = random.pick([TYPE.TXT, TYPE.NS, TYPE.SOA, TYPE.HTTPS, TYPE.DNAME, 46, 9999]);
    this.#push(record(this.#owner(), { type, ttl: random.pick(TTLS) }, random.octets(random.below(24))));
  }

  /** A record whose data is pointers, each to the one before, and an address whose owner goes down them all. */
  #pointerLadder(): void {
    const random = this.#random;
    const steps = random.pick([1, 6, 14, 15, 16, 17, 40, 600]);
    const base = this.#size + 2 + 10;
    const rungs = Array.from({ length: steps }, (_, i) => pointer(i === 0 ? HEADER : base + 2 * (i - 1)));
    this.#push(record(pointer(HEADER), { type: TYPE.TXT, ttl: 1 }, Buffer.concat(rungs)));
    const last = pointer(base + 2 * (steps - 1));
    const wanted = this.#type === TYPE.AAAA ? TYPE.AAAA : TYPE.A;
    for (let i = random.oneIn(3) ? 150 : 2; i > 0; i--) {
      this.#push(record(last, { type: wanted, ttl: 60 }, address(random, wanted)));
    }
  }
}

/** The same octets with the case of some letters changed. */
export function flipCase(random: Random, octets: Uint8Array): Buffer {
  return Buffer.from(
    octets.map((octet) => {
      const letter = (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a);
      return letter && random.oneIn(2) ? octet ^ 0x20 : octet;
    }),
  );
}
