import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeCase } from './case.ts';
import { response } from './messages/grammar.ts';
import { MESSAGE_MAX } from './messages/wire.ts';
import { Random } from './random.ts';
import { Supply } from './supply.ts';

const corpusOf = (seed: number, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({ name: `${i}`, octets: response(random), cut: false }));
};
const first = (seed: number, count: number) => {
  const supply = new Supply(corpusOf(1, 8), seed);
  return Array.from({ length: count }, () => supply.next().cases.map(storeCase));
};

test('the same seed gives the same messages, another seed others', () => {
  assert.deepEqual(first(7, 50), first(7, 50));
  assert.notDeepEqual(first(7, 50), first(8, 50));
});

test('mutations leave the corpus as it was, and no message is longer than a test-run takes', () => {
  const corpus = corpusOf(2, 8);
  const before = corpus.map(({ octets }) => octets.toString('hex'));
  const supply = new Supply(corpus, 3);
  for (let i = 0; i < 5000; i++) {
    for (const { message, trailer } of supply.next().cases) {
      assert.ok(message.length <= MESSAGE_MAX && trailer <= message.length);
    }
  }
  assert.deepEqual(
    corpus.map(({ octets }) => octets.toString('hex')),
    before,
  );
});
