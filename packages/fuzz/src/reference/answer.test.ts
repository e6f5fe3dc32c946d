import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { header, pointer, record, TYPE, wireName, word } from '../messages/wire.ts';
import { judgeAnswer } from './answer.ts';

const name = (text: string): Buffer => wireName(text.split('.').map((label) => Buffer.from(label)));
const NAME = name('api.example.com');
const ASKED = { wire: NAME.toString('latin1'), type: TYPE.A };
const OWN = pointer(12);
const a = (last: number, owner: Buffer = OWN, ttl = 300): Buffer =>
  record(owner, { type: TYPE.A, ttl }, Buffer.of(203, 0, 113, last));
const cname = (owner: Buffer, target: Buffer, ttl = 300): Buffer => record(owner, { type: TYPE.CNAME, ttl }, target);
const answer = (records: readonly Buffer[], flags = 0x8180, count = records.length): Buffer =>
  Buffer.concat([header(1, flags, [1, count, 0, 0]), NAME, word(TYPE.A), word(1), ...records]);
const judged = (message: Buffer): string => {
  const { reason, found } = judgeAnswer(message, ASKED);
  return [reason.replace('ANSWER_', ''), ...found.map((address) => Number.parseInt(address.slice(-2), 16))].join(' ');
};

const TABLE: readonly (readonly [what: string, message: Buffer, verdict: string])[] = [
  ['addresses of the question', answer([a(1), a(2)]), 'LEARNED 1 2'],
  ['none of another name', answer([a(1, name('evil.example')), a(2)]), 'LEARNED 2'],
  ['those of the chain', answer([cname(OWN, name('b.example')), a(1, name('B.example'))]), 'LEARNED 1'],
  ['a chain backwards', answer([a(1, name('b.example')), cname(OWN, name('b.example'))]), 'LEARNED 1'],
  ['a loop', answer([cname(OWN, name('b.example')), cname(name('b.example'), OWN)]), 'BAD_CHAIN'],
  ['a pointer forward', answer([a(1, pointer(200))]), 'BAD_POINTER'],
  ['a pointer into the header', answer([a(1, pointer(2))]), 'BAD_POINTER'],
  ['a record cut', answer([a(1), a(2).subarray(0, 14)]), 'BAD_RDLENGTH'],
  ['the same with TC', answer([a(1), a(2).subarray(0, 14)], 0x8380), 'LEARNED 1'],
  ['a record that is not there', answer([a(1)], 0x8180, 2), 'CUT_RECORD'],
  ['NXDOMAIN', answer([a(1)], 0x8183), 'RCODE'],
  ['a query', answer([a(1)], 0x0100), 'NOT_RESPONSE'],
  ['sixty-five addresses', answer(Array.from({ length: 65 }, (_, i) => a(i))), 'TOO_MANY_ADDRESSES'],
  ['257 records', answer([a(1)], 0x8180, 257), 'TOO_MANY'],
];

describe('the reference parser judges', () => {
  for (const [what, message, verdict] of TABLE) {
    test(what, () => {
      assert.equal(judged(message), verdict);
    });
  }

  test('what nobody asked for', () => {
    assert.equal(judgeAnswer(answer([a(1)]), undefined).reason, 'ANSWER_UNSOLICITED');
  });

  test('the TTL to be the least of the chain and its own, 0 with the top bit set', () => {
    const ttl = (message: Buffer): number[] => [...judgeAnswer(message, ASKED).addresses.values()];
    const target = name('b.example');
    assert.deepEqual(ttl(answer([cname(OWN, target, 40), a(1, target, 3000)])), [40]);
    assert.deepEqual(ttl(answer([cname(OWN, target, 4000), a(1, target, 3000)])), [3000]);
    assert.deepEqual(ttl(answer([a(1, OWN, 0x80000001)])), [0]);
  });
});
