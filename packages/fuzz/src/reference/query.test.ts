import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header, pointer, record, TYPE, wireName, word } from '../messages/wire.ts';
import { plainQuery } from './query.ts';

const NAME = wireName([Buffer.from('API'), Buffer.from('example')]);
const QUESTION = Buffer.concat([NAME, word(TYPE.A), word(1)]);
const opt = (size: number): Buffer => record(Buffer.of(0), { type: TYPE.OPT, rclass: size, ttl: 0 }, Buffer.alloc(0));
const query = (parts: readonly Buffer[], additionals = 0, flags = 0x0100): Buffer =>
  Buffer.concat([header(1, flags, [1, 0, 0, additionals]), ...parts]);

test('one plain question passes, its name folded', () => {
  const question = { wire: '\x03api\x07example\0', type: 1 };
  assert.deepEqual(plainQuery(query([QUESTION])), { question, bare: false });
});

test('a question is bare when it says nothing but its name', () => {
  const lower = Buffer.from(QUESTION.toString('latin1').toLowerCase(), 'latin1');
  const text = Buffer.concat([lower.subarray(0, -4), word(16), word(1)]);
  const option = (code: number): Buffer =>
    record(
      Buffer.of(0),
      { type: TYPE.OPT, rclass: 1232, ttl: 0 },
      Buffer.concat([word(code), word(8), Buffer.alloc(8)]),
    );
  const isBare = (parts: readonly Buffer[]): boolean | undefined => plainQuery(query(parts, parts.length - 1))?.bare;
  const [cookie, subnet] = [10, 8];
  for (const parts of [[lower], [lower, opt(1232)], [lower, option(cookie)]]) assert.equal(isBare(parts), true);
  for (const parts of [[QUESTION], [text], [lower, option(subnet)]]) assert.equal(isBare(parts), false);
});

test('an OPT passes; an answer size over 1,232 is where it will be lowered', () => {
  assert.equal(plainQuery(query([QUESTION, opt(1232)], 1))?.clamped, undefined);
  assert.equal(plainQuery(query([QUESTION, opt(4096)], 1))?.clamped, 12 + QUESTION.length + 3);
});

test('anything else is refused', () => {
  const refused = [
    query([QUESTION], 0, 0x8100),
    query([QUESTION], 0, 0x2900),
    query([QUESTION, Buffer.of(0)]),
    query([QUESTION, opt(512), Buffer.of(0)], 1),
    query([QUESTION], 1),
    query([QUESTION, opt(512), opt(512), opt(512)], 3),
    query([Buffer.concat([Buffer.of(1, 0x61), pointer(12), word(1), word(1)])]),
    query([Buffer.concat([NAME, word(1), word(3)])]),
    query([NAME]),
    Buffer.alloc(11),
  ];
  for (const message of refused) assert.equal(plainQuery(message), undefined, message.toString('hex'));
});
