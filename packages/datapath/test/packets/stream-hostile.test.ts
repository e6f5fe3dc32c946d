import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { query } from './messages.ts';
import { framed, NAME, talking } from './streaming.ts';
import { ACTION } from './world.ts';

/** Octets that the programs keep of what a pod has sent; one stands at its number modulo this. */
const WINDOW = 2048;
const forbidden = framed(query('evi.example.com'));
const allowed = framed(query(NAME));

/** Octets with `what` where the ring has the place of the stream's octet `at`, `from` being the first one's number. */
function overwriting(what: Uint8Array, at: number, from: number, length = WINDOW): Buffer {
  const octets = Buffer.alloc(length);
  for (const [i, octet] of what.entries()) octets[(((at + i - from) % WINDOW) + WINDOW) % WINDOW] = octet;
  return octets;
}

describe('a pod that knows what is kept of its stream', () => {
  test('puts no allowed question in the place of a forbidden one by what follows it in a large segment', () => {
    for (const name of [forbidden, allowed]) {
      using scene = talking();
      const { talk } = scene;
      const head = 10;
      assert.equal(talk.pod(name.subarray(0, head)).action, ACTION.PASS);
      // The rest of the question, then the beginning of a message that never ends.
      const rest = Buffer.concat([name.subarray(head), Buffer.of(0xff, 0xff), Buffer.alloc(100)]);
      const from = head + rest.length;
      const filler = overwriting(allowed, 0, from);
      const outcome = talk.pod(Buffer.concat([rest, filler]));
      assert.equal(outcome.action, name === allowed ? ACTION.PASS : ACTION.REDIRECT, outcome.counted.join());
      const judged = name === allowed ? 'QUERY_ALLOWED' : 'QUERY_NO_RULE';
      assert(outcome.counted.includes(judged), outcome.counted.join());
    }
  });

  test('changes nothing of what the resolver has still to get by a segment that is refused', () => {
    using scene = talking();
    const { talk } = scene;
    talk.acknowledged = 0;
    assert.equal(talk.pod(allowed).action, ACTION.PASS);
    const refused = Buffer.concat([framed(Buffer.alloc(0)), overwriting(forbidden, 0, allowed.length + 2)]);
    assert.equal(talk.pod(refused).action, ACTION.REDIRECT);
    assert.equal(talk.pod(forbidden, { offset: 0 }).action, ACTION.SHOT);
    assert.equal(talk.pod(allowed, { offset: 0 }).action, ACTION.PASS, 'control');
  });
});
