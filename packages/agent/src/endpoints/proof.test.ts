import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOUBT, Proof, WayFinder } from './proof.ts';

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

test('packets past the host’s end are told from refusals that we sent that way', () => {
  const seen = { answers: 0n, redirected: 40n, refused: 10n, denied: 20n };
  const finder = new WayFinder(
    () => seen.redirected,
    () => ({ queries: 0n, ...seen }),
  );
  assert.equal(finder.look(), 'unknown', 'what was before is not known');
  seen.redirected += 3n;
  seen.refused += 1n;
  seen.denied += 2n;
  assert.equal(finder.look(), 'unknown', 'each was a refusal');
  seen.denied += 5n;
  assert.equal(finder.look(), 'unknown', 'refused in silence');
  seen.redirected += 1n;
  assert.equal(finder.look(), 'past');
  seen.redirected += 1n;
  finder.forget();
  assert.equal(finder.look(), 'unknown');
});

test('refusals that are sent while it looks are no packets of somebody else', () => {
  let refused = 0n;
  // One is counted before each reading, and has come by the next one of it.
  const finder = new WayFinder(
    () => ++refused,
    () => ({ queries: 0n, answers: 0n, refused: ++refused, denied: 0n }),
  );
  for (let i = 0; i < 8; i++) assert.equal(finder.look(), 'unknown');
});

test('answers with nothing past the host’s end have come through it', () => {
  const seen = { answers: 7n, redirected: 5n };
  const finder = new WayFinder(
    () => seen.redirected,
    () => ({ queries: 0n, refused: 0n, denied: 9n, ...seen }),
  );
  assert.equal(finder.look(), 'unknown');
  seen.answers += DOUBT - 1n;
  assert.equal(finder.look(), 'unknown', 'some may have been counted a moment later');
  seen.answers += 1n;
  assert.equal(finder.look(), 'host');
  seen.redirected += 1n;
  assert.equal(finder.look(), 'past');
  seen.answers += DOUBT - 1n;
  assert.equal(finder.look(), 'unknown');
});
