import type { Random } from '../random.ts';
import { CLASS_IN, header, record, TYPE, wireName, word } from './wire.ts';

/** An answer whose chain stands out of order, under short names so that many records fit. */
export function scrambled(random: Random): Buffer {
  const links = random.between(1, random.oneIn(8) ? 18 : 8);
  const names = Array.from({ length: links + 1 }, (_, i) => wireName([Buffer.of(0x61 + i)]));
  const [question = Buffer.of(0)] = names;
  const cnames = names.slice(1).map((target, i) => record(names[i] ?? question, { type: TYPE.CNAME, ttl: 60 }, target));
  const count = random.oneIn(4) ? random.between(40, 66) : random.between(1, 6);
  const addresses = Array.from({ length: count }, () =>
    record(
      random.oneIn(6) ? (random.pick(names) ?? question) : (names.at(-1) ?? question),
      { type: TYPE.A, ttl: 60 },
      random.octets(4),
    ),
  );
  const fill = random.oneIn(4) ? random.between(100, 200) : random.below(4);
  const others = Array.from({ length: fill }, () => record(Buffer.of(0), { type: TYPE.TXT, ttl: 60 }, Buffer.of(0)));
  const records = [...addresses, ...others, ...cnames.toReversed()];
  const ordered = random.oneIn(2) ? records : shuffled(random, records);
  const head = header(random.next(), random.oneIn(12) ? 0x8380 : 0x8180, [1, ordered.length, 0, 0]);
  return Buffer.concat([head, question, word(TYPE.A), word(CLASS_IN), ...ordered]);
}

function shuffled<T>(random: Random, values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
