import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOUBT, Proof } from './proof.ts';

const counts = (queries: bigint, answers: bigint) => ({ queries, answers });

test('a place is in doubt after so many questions without an answer, of new pods and of old ones', () => {
  const proof = new Proof('host', counts(100n, 90n));
  assert.equal(proof.state(counts(100n, 90n)), 'unknown');
  assert.equal(proof.state(counts(99n + DOUBT, 90n)), 'unknown');
  assert.equal(proof.state(counts(100n + DOUBT, 90n)), 'blind');
  assert.equal(proof.unanswered(counts(100n + DOUBT, 90n)), DOUBT);
  assert.equal(proof.state(counts(101n + DOUBT, 91n)), 'seen');
  assert.equal(proof.state(counts(100n + 2n * DOUBT, 91n)), 'seen');
  assert.equal(proof.state(counts(101n + 2n * DOUBT, 91n)), 'blind', 'the network delivers in another way since');
});
