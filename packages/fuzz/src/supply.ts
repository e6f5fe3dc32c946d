import type { Case } from './case.ts';
import type { CorpusMessage } from './messages/corpus.ts';
import { behindName } from './messages/dissect.ts';
import { query, response } from './messages/grammar.ts';
import { mutate } from './messages/mutate.ts';
import { expandedQuery, expandedResponse } from './messages/expanded.ts';
import { HEADER, MESSAGE_MAX } from './messages/wire.ts';
import { Random } from './random.ts';
import type { PodName } from './reference/pods.ts';

/** What is asked where a message has no question of its own: "fallback.example", A, IN. */
const FALLBACK = Buffer.concat([Buffer.from('\x08fallback\x07example\0', 'latin1'), Buffer.of(0, 1, 0, 1)]);

interface Supplied {
  readonly cases: readonly Case[];
  /** Where the message is from, for people. */
  readonly origin: string;
}

/** The messages of a run, the same for the same corpus and seed. */
export class Supply {
  readonly #corpus: readonly CorpusMessage[];
  readonly #random: Random;

  constructor(corpus: readonly CorpusMessage[], seed: number) {
    this.#corpus = corpus;
    this.#random = new Random(seed);
  }

  /** Each message of the corpus unchanged, as an answer to its own question and as a query. */
  *asItIs(): Generator<Supplied> {
    for (const { name, octets } of this.#corpus) {
      yield { origin: name, cases: casesOf(octets) };
    }
  }

  /** A message of the corpus or by grammar, mostly mutated. */
  next(): Supplied {
    const random = this.#random;
    const source = this.#source();
    const changed =
      source.made && random.oneIn(4) ? source.octets : mutate(source.octets, random, () => this.#source().octets);
    const message = changed.subarray(0, MESSAGE_MAX);
    const isQuery = message.length < HEADER || (message[2] ?? 0) < 0x80;
    // The question that was there before the mutation now and then: the answer is to another one.
    const question = ownQuestion(random.oneIn(5) ? source.octets : message) ?? FALLBACK;
    const common = {
      message,
      question,
      pod: source.pod,
      family: random.oneIn(4) ? 6 : 4,
      trailer: random.oneIn(16) ? random.below(Math.min(message.length, 40) + 1) : 0,
    } as const;
    const cases: Case[] = [];
    if (!source.isQuery || random.oneIn(8)) {
      const udpLengthOff = random.oneIn(100) ? random.between(-9, 9) : 0;
      const one = { ...common, direction: 'answer', udpLengthOff, again: random.oneIn(8) } as const;
      cases.push(random.oneIn(4) ? overTcp(one, random) : one);
    }
    if (isQuery || random.oneIn(32)) {
      const one = { ...common, direction: 'query', udpLengthOff: 0, again: false } as const;
      cases.push(random.oneIn(4) ? overTcp(one, random) : one);
    }
    return { cases, origin: source.origin };
  }

  #source(): { octets: Buffer; origin: string; made: boolean; isQuery: boolean; pod: PodName } {
    const random = this.#random;
    if (random.oneIn(8)) {
      const isQuery = random.oneIn(2);
      const octets = isQuery ? expandedQuery(random) : expandedResponse(random);
      return { octets, origin: 'search list', made: true, isQuery, pod: random.oneIn(4) ? 'open' : 'narrow' };
    }
    const chosen = random.oneIn(2) ? random.pick(this.#corpus) : undefined;
    if (chosen) {
      const isQuery = (chosen.octets[2] ?? 0) < 0x80;
      return { octets: chosen.octets, origin: chosen.name, made: false, isQuery, pod: 'open' };
    }
    const isQuery = random.oneIn(6);
    const octets = isQuery ? query(random) : response(random);
    return { octets, origin: 'grammar', made: true, isQuery, pod: 'open' };
  }
}

/** A message as an answer to its own question, and as a query; over UDP and over TCP. */
export function casesOf(message: Buffer): Case[] {
  const question = ownQuestion(message) ?? FALLBACK;
  const common = { message, question, pod: 'open', family: 4, trailer: 0, udpLengthOff: 0, again: true } as const;
  return [
    { ...common, direction: 'answer' },
    { ...common, direction: 'query' },
    { ...common, direction: 'answer', cuts: [message.length >> 1] },
    { ...common, direction: 'query', cuts: [message.length >> 1] },
  ];
}

/** The same over TCP, cut anywhere. */
function overTcp(one: Case, random: Random): Case {
  const cuts = Array.from({ length: random.below(5) }, () => random.between(1, one.message.length + 1));
  return { ...one, trailer: 0, udpLengthOff: 0, cuts };
}

/** The first question's octets as they stand, compressed or not; undefined where there is none. */
function ownQuestion(message: Buffer): Buffer | undefined {
  if (message.length < HEADER || message.readUInt16BE(4) === 0) return undefined;
  const end = behindName(message, HEADER) + 4;
  return end > message.length || end > HEADER + 300 ? undefined : message.subarray(HEADER, end);
}
