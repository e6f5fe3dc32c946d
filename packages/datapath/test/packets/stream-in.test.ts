import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer as udpAnswer, ask, cname } from './asking.ts';
import { parse, TCP } from './frames.ts';
import { FLAG, query, record, response, TYPE, wire } from './messages.ts';
import { Conversation, cut, framed, NAME, talking } from './streaming.ts';
import { ACTION, MINUTE, World } from './world.ts';

const { FILTER_NAMES } = NwRulesetFlag;
const ADDRESS = '203.0.113.1';
const OTHER = '203.0.113.2';
const answer = response(NAME, TYPE.A, [a(ADDRESS)]);
const LEARNED: readonly ReasonName[] = ['ANSWER_LEARNED', 'LEARN_NEW'];

/** An answer of this many octets that names ADDRESS first. */
function long(octets: number): Buffer {
  const rest = octets - answer.length - 12;
  const records = [a(ADDRESS), record(Buffer.from([0xc0, 12]), TYPE.TXT, Buffer.alloc(rest))];
  const message = response(NAME, TYPE.A, records);
  assert.equal(message.length, octets);
  return message;
}

describe('answers over TCP', () => {
  test('teach the pod that asked before they pass, unchanged', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME)));
    const outcome = scene.talk.resolver(framed(answer));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.PASS, LEARNED]);
    assert.deepEqual(parse(outcome.frame).payload, framed(answer));
    assert.deepEqual(scene.world.learned(ADDRESS), [1]);
  });

  test('teach with their last octet, wherever they are cut', () => {
    using scene = talking();
    const octets = framed(
      response(NAME, TYPE.A, [cname(Buffer.from([0xc0, 12]), wire('x.example')), a(ADDRESS, 'x.example')]),
    );
    for (let place = 1; place < octets.length; place++) {
      scene.talk.pod(framed(query(NAME, TYPE.A, { id: 0x1234 })));
      const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = cut(octets, [place]);
      const first = scene.talk.resolver(head);
      assert.deepEqual([first.action, first.counted], [ACTION.PASS, []], `head of ${place}`);
      const second = scene.talk.resolver(tail);
      assert.equal(second.action, ACTION.PASS);
      assert.equal(second.counted[0], 'ANSWER_LEARNED', `tail behind ${place}: ${second.counted.join()}`);
      assert.deepEqual(parse(second.frame).payload, tail);
      assert.equal(parse(second.frame).transportChecksum, 0);
    }
    assert.equal(scene.world.maps.usage.get(7)?.streamParts, 0);
  });

  test('teach one octet a segment', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME)));
    const counts = Array.from(framed(answer), (octet) => scene.talk.resolver(Buffer.of(octet)).counted);
    assert.deepEqual([counts.pop(), counts.flat()], [LEARNED, []]);
  });

  test('several in a segment, cut in the middle of the second, teach each by itself', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME, TYPE.A, { id: 1 }), query(NAME, TYPE.A, { id: 2 })));
    const second = response(NAME, TYPE.A, [a(OTHER)], { id: 2 });
    const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = cut(
      framed(response(NAME, TYPE.A, [a(ADDRESS)], { id: 1 }), second),
      [answer.length + 20],
    );
    assert.deepEqual(scene.talk.resolver(head).counted, LEARNED);
    assert.deepEqual(scene.world.learned(OTHER), []);
    assert.deepEqual(scene.talk.resolver(tail).counted, LEARNED);
    assert.deepEqual([scene.world.learned(ADDRESS), scene.world.learned(OTHER)], [[1], [1]]);
  });

  test('nobody asked for, to a question over UDP, or to another question teach nothing', () => {
    using scene = talking();
    assert.deepEqual(scene.talk.resolver(framed(answer)).counted, ['ANSWER_UNSOLICITED']);
    scene.talk.pod(framed(query('api.example.com', TYPE.AAAA)));
    assert.deepEqual(scene.talk.resolver(framed(answer)).counted, ['ANSWER_OTHER_QUESTION']);
    assert.equal(scene.world.learnedCount(), 0);
  });

  test('a length that lies is followed, as the pod would, and teaches nothing', () => {
    for (const off of [-1, 1, -20, 20]) {
      using scene = talking();
      scene.talk.pod(framed(query(NAME)));
      const lying = framed(answer, Buffer.alloc(40));
      lying.writeUInt16BE(answer.length + off, 0);
      const outcome = scene.talk.resolver(lying);
      assert.equal(outcome.action, ACTION.PASS);
      assert.equal(scene.world.learnedCount(), off > 0 ? 1 : 0, `${off}: ${outcome.counted.join()}`);
    }
    using scene = talking();
    scene.talk.pod(framed(query(NAME)));
    assert.deepEqual(
      scene.talk.resolver(framed(Buffer.alloc(0), answer)).counted,
      ['ANSWER_SHORT', ...LEARNED].toSorted(),
    );
  });

  test('of up to 4,095 octets are read whole, in a segment or in many; of larger ones the beginning is', () => {
    for (const octets of [2000, 4095, 4096, 65_535]) {
      for (const size of [536, 1400, 3000]) {
        using scene = talking();
        scene.talk.pod(framed(query(NAME)));
        const stream = framed(long(octets), response(NAME, TYPE.A, [a(OTHER)], { id: 2 }));
        const places = Array.from({ length: Math.ceil(stream.length / size) - 1 }, (_, i) => (i + 1) * size);
        const counts = cut(stream, places).map((segment) => scene.talk.resolver(segment).counted);
        const expected: readonly ReasonName[] = octets > 4095 ? ['ANSWER_BAD_RDLENGTH', 'STREAM_LONG'] : LEARNED;
        assert.deepEqual(
          counts
            .flat()
            .filter((reason) => reason !== 'ANSWER_UNSOLICITED')
            .toSorted(),
          expected.toSorted(),
          `${octets} in segments of ${size}`,
        );
        assert.equal(scene.talk.held()?.in.framing.seen, 0);
      }
    }
  });

  test('over what is read teach when their answer section ends before that', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME)));
    const tail = record('', TYPE.TXT, Buffer.alloc(6000));
    const message = Buffer.concat([response(NAME, TYPE.A, [a(ADDRESS)], { counts: [1, 1, 0, 1] }), tail]);
    const stream = framed(message);
    const counts = cut(stream, [3000, 6000]).flatMap((segment) => scene.talk.resolver(segment).counted);
    assert.deepEqual(counts, [...LEARNED, 'STREAM_LONG'].toSorted());
  });

  test('after a truncated one over UDP add what that left out', () => {
    using scene = talking();
    const { world, talk } = scene;
    ask(world);
    const truncated = response(NAME, TYPE.A, [a(ADDRESS)], {
      flags: FLAG.QR | FLAG.RD | FLAG.RA | FLAG.TC,
      counts: [1, 2, 0, 0],
    });
    world.expect('pod_in', udpAnswer(truncated), ACTION.PASS, LEARNED);
    talk.pod(framed(query(NAME)));
    const both = response(NAME, TYPE.A, [a(ADDRESS), a(OTHER)]);
    assert.deepEqual(talk.resolver(framed(both)).counted, [...LEARNED, 'LEARN_REFRESHED']);
    assert.deepEqual([world.learned(ADDRESS), world.learned(OTHER)], [[1], [1]]);
  });
});

describe('a segment from a resolver', () => {
  test('ahead of what is missing is dropped for a selected pod, so that nothing is delivered unread', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME)));
    const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = cut(framed(answer), [20]);
    const early = scene.talk.resolver(tail, { offset: 20 });
    assert.deepEqual([early.action, early.counted], [ACTION.SHOT, ['STREAM_GAP']]);
    scene.talk.in = 0;
    scene.talk.resolver(head);
    assert.deepEqual(scene.talk.resolver(tail).counted, LEARNED);
  });

  test('sent again passes and teaches no more; what is new behind it is read', () => {
    using scene = talking();
    scene.talk.pod(framed(query(NAME, TYPE.A, { id: 1 }), query(NAME, TYPE.A, { id: 2 })));
    const stream = framed(
      response(NAME, TYPE.A, [a(ADDRESS)], { id: 1 }),
      response(NAME, TYPE.A, [a(OTHER)], { id: 2 }),
    );
    const half = stream.length / 2;
    assert.deepEqual(scene.talk.resolver(stream.subarray(0, half)).counted, LEARNED);
    const again = scene.talk.resolver(stream.subarray(0, half), { offset: 0 });
    assert.deepEqual([again.action, again.counted], [ACTION.PASS, []]);
    assert.deepEqual(scene.talk.resolver(stream, { offset: 0 }).counted, LEARNED);
  });

  test('beyond the room for beginnings passes and teaches nothing, counted; others of the pod go on', () => {
    using scene = talking();
    const room = 64 / 16;
    const talks = Array.from({ length: room + 1 }, (_, i) => Conversation.opened(scene.world, { port: 45000 + i }));
    const halves = cut(framed(answer), [30]);
    for (const talk of talks) talk.pod(framed(query(NAME)));
    const first = talks.map((talk) => talk.resolver(halves[0] ?? '').counted);
    assert.deepEqual(first.flat(), []);
    const second = talks.map((talk) => talk.resolver(halves[1] ?? '').counted);
    assert.deepEqual(second.slice(-2), [['ANSWER_LEARNED', 'LEARN_REFRESHED'], ['STREAM_PART']]);
    assert.equal(scene.world.maps.usage.get(7)?.streamParts, 0);
    const last = talks.at(-1);
    last?.pod(framed(query(NAME)));
    assert.deepEqual(last?.resolver(framed(answer)).counted, ['ANSWER_LEARNED', 'LEARN_REFRESHED'], 'the next is read');
  });

  test('of a connection that was there before us passes, and teaches nothing', () => {
    using world = new World();
    world.select(FILTER_NAMES, [{ select: NAME }]);
    const talk = new Conversation(world);
    assert.deepEqual(talk.resolver(framed(answer)).counted, ['STREAM_LOST']);
    assert.equal(world.learnedCount(), 0);
  });

  test('ends the connection for the sweeper when a side has ended it, and in good time when none has', () => {
    using scene = talking();
    const left = () => Number((scene.talk.held()?.expires ?? 0n) - process.hrtime.bigint());
    assert(left() > 60 * Number(MINUTE));
    scene.talk.resolver('', { flags: TCP.FIN });
    assert(left() < Number(MINUTE));
  });
});
