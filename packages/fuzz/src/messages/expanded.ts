import type { Random } from '../random.ts';
import { SEARCH } from '../reference/pods.ts';
import { flipCase, opt } from './grammar.ts';
import { CLASS_IN, header, pointer, record, TYPE, wireName, word } from './wire.ts';

const NAMES = [
  'api.stripe.com',
  'x.stripe.com',
  'evil.stripe.com',
  'a.stripe.com',
  'stripe.com',
  'stripe',
  'ads.tracker.example',
  'x.y.tracker.example',
  'api',
  'api.eu',
  'other.example',
  'redis.shop.svc',
] as const;

type Labels = readonly Buffer[];

const labels = (text: string): Labels => text.split('.').map((label) => Buffer.from(label));

/** A name that rules of the narrow pod mean, or nearly. */
function base(random: Random): Labels {
  const name = [...labels(random.pick(NAMES))];
  if (!random.oneIn(6)) return name;
  const at = random.below(name.length);
  name[at] = random.oneIn(2)
    ? random.octets(random.between(1, 6))
    : Buffer.concat([name[at] ?? Buffer.of(0x78), Buffer.of(0x78)]);
  return name;
}

/** A suffix of the search list with its root label, or nearly. */
function suffix(random: Random): Buffer {
  if (random.oneIn(12)) return wireName(labels(random.pick(['cluster.locale', 'example', 'org.example'])));
  const whole = Buffer.from(random.pick(SEARCH) ?? [0]);
  return random.oneIn(12) ? whole.subarray(1 + (whole[0] ?? 0)) : whole;
}

const without = (name: Labels): Buffer => wireName(name).subarray(0, -1);

/** As resolver libraries ask, or in letters of any case. */
const cased = (random: Random, name: Buffer): Buffer => (random.oneIn(2) ? name : flipCase(random, name));

/** A query for a name and a suffix. */
export function expandedQuery(random: Random): Buffer {
  const name = Buffer.concat([without(base(random)), random.oneIn(8) ? Buffer.of(0) : suffix(random)]);
  const more = random.oneIn(3) ? [opt(random)] : [];
  const head = header(random.next(), 0x0100, [1, 0, 0, more.length]);
  return Buffer.concat([head, cased(random, name), word(TYPE.A), word(CLASS_IN), ...more]);
}

/** An answer to a name and a suffix whose chain goes to that name, or nearly there. */
export function expandedResponse(random: Random): Buffer {
  const name = base(random);
  const question = cased(random, Buffer.concat([without(name), suffix(random)]));
  const target = random.oneIn(5) ? wireName(base(random)) : wireName(random.oneIn(8) ? name.slice(1) : name);
  const far = wireName(random.oneIn(3) ? base(random) : labels('edge.example.net'));
  const further = random.oneIn(3);
  const cname = (owner: Buffer, to: Buffer): Buffer =>
    record(random.oneIn(3) ? flipCase(random, owner) : owner, { type: TYPE.CNAME, ttl: random.below(1000) }, to);
  const end = further ? far : target;
  const chain = [cname(random.oneIn(2) ? pointer(12) : question, target), ...(further ? [cname(target, far)] : [])];
  const addresses = Array.from({ length: random.below(4) }, () =>
    record(random.oneIn(10) ? question : end, { type: TYPE.A, ttl: random.below(1000) }, random.octets(4)),
  );
  const records = random.oneIn(4) ? [...addresses, ...chain.toReversed()] : [...chain, ...addresses];
  const head = header(random.next(), random.oneIn(12) ? 0x8380 : 0x8180, [1, records.length, 0, 0]);
  return Buffer.concat([head, question, word(TYPE.A), word(CLASS_IN), ...records]);
}
