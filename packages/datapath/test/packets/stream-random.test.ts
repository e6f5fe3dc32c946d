import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { a } from './asking.ts';
import { query, record, response, TYPE } from './messages.ts';
import { Numbers } from './numbers.ts';
import { framed, NAME, talking } from './streaming.ts';
import { ACTION } from './world.ts';

/** Where each message of a stream ends: the framing of RFC 1035 said in another way. */
function ends(stream: Uint8Array): number[] {
  const places: number[] = [];
  const view = Buffer.from(stream);
  for (let at = 0; at + 2 <= view.length;) {
    at += 2 + view.readUInt16BE(at);
    if (at <= view.length) places.push(at);
  }
  return places;
}

const size = (n: Numbers): number => n.pick(1, 2, 3, 1 + n.below(20), 1 + n.below(200), 1400, 1 + n.below(3000));

/**
 * Gives a stream in pieces of any size, some of them again, some with what comes next, some ahead of their turn. Calls
 * back with what each piece that moves the stream forward counted, and where it ends.
 */
function trickle(
  n: Numbers,
  stream: Uint8Array,
  give: (payload: Uint8Array, offset: number) => { action: number; counted: readonly ReasonName[] },
  moved: (counted: readonly ReasonName[], from: number, to: number) => void,
): void {
  for (let at = 0; at < stream.length;) {
    const to = Math.min(stream.length, at + size(n));
    const back = n.below(4) === 0 ? n.below(Math.min(at, 600) + 1) : 0;
    if (n.below(6) === 0 && to < stream.length) {
      const ahead = give(stream.subarray(to, Math.min(stream.length, to + size(n))), to);
      assert.deepEqual([ahead.action, ahead.counted], [ACTION.SHOT, ['STREAM_GAP']]);
    }
    if (to - at + back > 3000) continue;
    const outcome = give(stream.subarray(at - back, to), at - back);
    assert.equal(outcome.action, ACTION.PASS, outcome.counted.join());
    moved(outcome.counted, at, to);
    at = to;
  }
}

test('answers are read when their last octet passes, however the stream is cut, sent again and ahead of its turn', () => {
  using scene = talking();
  const { talk, world } = scene;
  const seed = randomInt(1, 2 ** 31);
  const n = new Numbers(seed);
  for (let round = 0; round < 40; round++) {
    const answers = Array.from({ length: 1 + n.below(12) }, (_, id) => {
      const address = `203.0.113.${1 + n.below(60)}`;
      const filler = n.pick(0, 0, 0, n.below(200), n.below(3000));
      const records = [a(address), record('', TYPE.TXT, Buffer.alloc(filler))];
      return { id, address, message: response(NAME, TYPE.A, records, { id }) };
    });
    talk.pod(framed(...answers.map(({ id }) => query(NAME, TYPE.A, { id }))));
    const stream = framed(...answers.map(({ message }) => message));
    const base = talk.in;
    const places = ends(stream);
    let learned = 0;
    trickle(
      n,
      stream,
      (payload, offset) => {
        const before = talk.in;
        const outcome = talk.resolver(payload, { offset: base + offset });
        if (outcome.action !== ACTION.PASS) talk.in = before;
        return outcome;
      },
      (counted, from, to) => {
        const whole = places.filter((place) => place > from && place <= to).length;
        const read = counted.filter((reason) => reason === 'ANSWER_LEARNED').length;
        assert.equal(read, whole, `seed ${seed}, round ${round}, octets ${from} to ${to} of ${stream.length}`);
        learned += read;
        for (const { address } of answers.slice(0, learned)) assert.deepEqual(world.learned(address), [1]);
      },
    );
    assert.equal(learned, answers.length);
  }
  assert.equal(world.maps.usage.get(7)?.streamParts, 0);
});

test('questions are judged when their last octet passes, however the stream is cut, sent again and ahead of its turn', () => {
  using scene = talking();
  const { talk } = scene;
  const seed = randomInt(1, 2 ** 31);
  const n = new Numbers(seed);
  talk.pod(framed(query(NAME)));
  talk.acknowledge();
  for (let round = 0; round < 40; round++) {
    const stream = framed(...Array.from({ length: 1 + n.below(20) }, (_, id) => query(NAME, TYPE.A, { id })));
    const base = talk.out;
    const places = ends(stream);
    let judged = 0;
    trickle(
      n,
      stream,
      (payload, offset) => {
        const before = talk.out;
        const outcome = talk.pod(payload, { offset: base + offset });
        if (outcome.action !== ACTION.PASS) talk.out = before;
        return outcome;
      },
      (counted, from, to) => {
        const whole = places.filter((place) => place > from && place <= to).length;
        const read = counted.filter((reason) => reason === 'QUERY_ALLOWED').length;
        assert.equal(read, whole, `seed ${seed}, round ${round}, octets ${from} to ${to} of ${stream.length}`);
        judged += read;
      },
    );
    assert.equal(judged, places.length);
  }
});
