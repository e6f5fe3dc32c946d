import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { parse, TCP } from './frames.ts';
import { query, record, TYPE } from './messages.ts';
import { Conversation, cut, framed, NAME, talking } from './streaming.ts';
import { ACTION, MINUTE, World } from './world.ts';

const { FILTER_NAMES } = NwRulesetFlag;
const allowed = query(NAME);
const forbidden = query('evil.example.net');

/** A question padded as RFC 8467 has it. */
function padding(message: Uint8Array, octets: number): Buffer {
  const option = Buffer.concat([Buffer.from([0, 12, 0, octets]), Buffer.alloc(octets)]);
  const padded = Buffer.concat([message, record('', TYPE.OPT, option, { rclass: 1232 })]);
  padded.writeUInt16BE(1, 10);
  return padded;
}

describe('questions over TCP, of a pod whose names are filtered', () => {
  test('pass for an allowed name, unchanged, and are remembered for this transport alone', () => {
    using scene = talking();
    const { talk, world } = scene;
    const outcome = talk.pod(framed(allowed));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.PASS, ['QUERY_ALLOWED', 'STREAM_SEGMENT']]);
    assert.deepEqual(parse(outcome.frame).payload, framed(allowed));
    assert.deepEqual(
      [...world.maps.pending.entries()].map(([key]) => [key.protocol, key.podPort, key.serverPort]),
      [[6, 40000, 53]],
    );
  });

  test('for a forbidden name end the connection, and the resolver never gets the last octet', () => {
    using scene = talking();
    const outcome = scene.talk.pod(framed(forbidden));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_RESET']]);
    const reset = parse(outcome.frame);
    assert.deepEqual([reset.sourcePort, reset.destinationPort, reset.transportChecksum], [53, 40000, 0]);
    assert.equal(reset.segment[13], TCP.RST | TCP.ACK);
  });

  test('are judged at every cut, with the last octet and not before', () => {
    for (const [message, last] of [
      [allowed, ACTION.PASS],
      [forbidden, ACTION.REDIRECT],
    ] as const) {
      using scene = talking();
      const octets = framed(message);
      for (let place = 1; place < octets.length; place++) {
        const talk = Conversation.opened(scene.world, { port: 41000 + place });
        const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = cut(octets, [place]);
        const first = talk.pod(head);
        assert.deepEqual([first.action, first.counted], [ACTION.PASS, ['STREAM_SEGMENT']], `head of ${place}`);
        talk.acknowledge();
        const second = talk.pod(tail);
        assert.equal(second.action, last, `tail behind ${place}: ${second.counted.join()}`);
        assert.deepEqual(parse(second.frame).payload.length, last === ACTION.PASS ? tail.length : 0);
        talk.pod('', { flags: TCP.RST });
      }
    }
  });

  test('one octet a segment', () => {
    using scene = talking();
    const actions = Array.from(framed(allowed, forbidden), (octet) => {
      const { action } = scene.talk.pod(Buffer.of(octet));
      scene.talk.acknowledge();
      return action;
    });
    assert.equal(actions.pop(), ACTION.REDIRECT);
    assert.deepEqual([...new Set(actions)], [ACTION.PASS]);
    assert.equal(scene.world.maps.usage.get(7)?.pending, 1);
  });

  test('several in a segment pass when all may; one that may not ends the connection', () => {
    using scene = talking();
    const { talk } = scene;
    const aaaa = query(NAME, TYPE.AAAA, { id: 2 });
    const both = talk.pod(framed(allowed, aaaa));
    assert.deepEqual(both.counted, ['QUERY_ALLOWED', 'QUERY_ALLOWED', 'STREAM_SEGMENT'].toSorted());
    const bad = talk.pod(framed(allowed, forbidden, allowed));
    assert.equal(bad.action, ACTION.REDIRECT);
    assert.deepEqual(bad.counted.toSorted(), ['QUERY_ALLOWED', 'QUERY_NO_RULE', 'REPLY_RESET']);
  });

  test('twenty-eight in a segment, beyond what is read in place and kept to be compared', () => {
    using scene = talking();
    const many = Array.from({ length: 28 }, (_, id) => query(NAME, TYPE.A, { id }));
    const padded = many.map((message) => padding(message, 60));
    assert(framed(...padded).length > 3000);
    const outcome = scene.talk.pod(framed(...padded));
    assert.deepEqual(new Set(outcome.counted), new Set(['QUERY_ALLOWED', 'STREAM_SEGMENT']));
    assert.equal(outcome.counted.length, 29);
    const bad = scene.talk.pod(framed(...padded, forbidden));
    assert.equal(bad.action, ACTION.REDIRECT);
    assert.equal(bad.counted.filter((reason) => reason === 'QUERY_NO_RULE').length, 1);
  });

  test('that are none: a length of 0, two questions, an answer, octets behind', () => {
    using scene = talking();
    let port = 42000;
    for (const [what, octets] of Object.entries({
      'a length of 0': framed(Buffer.alloc(0)),
      'less than a header': framed(allowed.subarray(0, 11)),
      'two questions': framed(query(NAME, TYPE.A, { counts: [2, 0, 0, 0] })),
      'an answer': framed(query(NAME, TYPE.A, { flags: 0x8180 })),
      'octets behind': framed(Buffer.concat([allowed, Buffer.alloc(1)])),
      'more than a question can have': framed(Buffer.concat([allowed, Buffer.alloc(600)])),
    })) {
      const talk = Conversation.opened(scene.world, { port: port++ });
      const outcome = talk.pod(octets);
      assert.deepEqual([outcome.action, outcome.counted], [ACTION.REDIRECT, ['QUERY_NOT_PLAIN', 'REPLY_RESET']], what);
    }
  });

  test('a length that lies about its message frames what follows, as the resolver would', () => {
    using scene = talking();
    // A length too small by one: the last octet of the first begins the next length.
    const lying = framed(allowed);
    lying.writeUInt16BE(allowed.length - 1, 0);
    assert.equal(scene.talk.pod(lying).action, ACTION.REDIRECT);
    // Too long: what follows is part of the first message, which is no plain question then.
    const talk = Conversation.opened(scene.world, { port: 43000 });
    const long = framed(allowed);
    long.writeUInt16BE(allowed.length + 20, 0);
    assert.equal(talk.pod(long).action, ACTION.PASS);
    assert.equal(talk.pod(framed(allowed)).action, ACTION.REDIRECT);
  });
});

describe('a segment from the pod', () => {
  test('without a handshake that the resolver took part in is refused, with octets; without any it passes', () => {
    using scene = talking();
    const none = new Conversation(scene.world, { port: 50001 });
    const outcome = none.pod(framed(allowed));
    assert.deepEqual([outcome.action, outcome.counted], [ACTION.REDIRECT, ['QUERY_TCP_UNSEEN', 'REPLY_RESET']]);
    assert.equal(none.pod('').action, ACTION.PASS);
    const half = new Conversation(scene.world, { port: 50002 });
    assert.equal(half.syn().action, ACTION.PASS);
    const early = half.pod(framed(allowed), { offset: 0 });
    assert.deepEqual([early.action, early.counted], [ACTION.SHOT, ['STREAM_HANDSHAKE']]);
    half.synAck();
    assert.equal(half.pod(framed(allowed)).action, ACTION.PASS, 'control');
  });

  test('sent again passes where it is the same, in whatever pieces, and is not judged twice', () => {
    using scene = talking({ firstOut: 0xffff_fff0 });
    const { talk } = scene;
    const octets = framed(allowed, query(NAME, TYPE.AAAA, { id: 2 }));
    talk.pod(octets);
    talk.acknowledged = 1;
    talk.acknowledge();
    for (const [from, to] of [
      [0, octets.length],
      [0, 5],
      [5, 40],
      [octets.length - 1, octets.length],
    ] as const) {
      const again = talk.pod(octets.subarray(from, to), { offset: from });
      assert.deepEqual([again.action, again.counted], [ACTION.PASS, []], `${from}-${to}`);
    }
    const more = talk.pod(Buffer.concat([octets.subarray(30), framed(allowed)]), { offset: 30 });
    assert.deepEqual([more.action, more.counted], [ACTION.PASS, ['QUERY_ALLOWED', 'STREAM_SEGMENT']]);
  });

  test('sent again with other octets is dropped, unless the resolver has had the first ones', () => {
    using scene = talking();
    const { talk } = scene;
    const first = framed(allowed);
    const other = framed(query('evi.example.com'));
    assert.equal(other.length, first.length);
    talk.acknowledged = 0;
    talk.pod(first);
    const changed = talk.pod(other, { offset: 0 });
    assert.deepEqual([changed.action, changed.counted], [ACTION.SHOT, ['STREAM_CHANGED']]);
    const last = talk.pod(Buffer.of(9), { offset: first.length - 1 });
    assert.deepEqual([last.action, last.counted], [ACTION.SHOT, ['STREAM_CHANGED']]);
    // In front of new octets as well.
    assert.equal(talk.pod(Buffer.concat([other, framed(allowed)]), { offset: 0 }).action, ACTION.SHOT);
    talk.acknowledged = 16; // the first octet that differs
    talk.resolver('');
    assert.equal(talk.pod(other, { offset: 0 }).action, ACTION.SHOT);
    talk.acknowledged = first.length;
    talk.resolver('');
    assert.equal(talk.pod(other, { offset: 0 }).action, ACTION.PASS, 'it passes over them');
  });

  test('sent again from before what is kept is dropped', () => {
    using scene = talking();
    const { talk } = scene;
    const octets = framed(...Array.from({ length: 30 }, (_, id) => padding(query(NAME, TYPE.A, { id }), 60)));
    talk.acknowledged = 0;
    assert.equal(talk.pod(octets).action, ACTION.PASS);
    assert.equal(talk.pod(octets.subarray(-2048), { offset: octets.length - 2048 }).action, ACTION.PASS);
    assert.equal(talk.pod(octets.subarray(-2049), { offset: octets.length - 2049 }).action, ACTION.SHOT);
  });

  test('ahead of what has passed is dropped, and passes when its turn comes', () => {
    using scene = talking();
    const { talk } = scene;
    const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = cut(framed(allowed), [9]);
    const early = talk.pod(tail, { offset: 9 });
    assert.deepEqual([early.action, early.counted], [ACTION.SHOT, ['STREAM_GAP']]);
    assert.equal(talk.pod(head).action, ACTION.PASS);
    assert.equal(talk.pod(tail).action, ACTION.PASS);
  });

  test('with urgent data, or with data in its SYN, is refused', () => {
    using scene = talking();
    const urgent = scene.talk.pod(framed(allowed), { flags: 32 });
    assert.deepEqual([urgent.action, urgent.counted], [ACTION.REDIRECT, ['REPLY_RESET', 'STREAM_URGENT']]);
    const fast = new Conversation(scene.world, { port: 51000 }).pod(framed(allowed), { flags: TCP.SYN });
    assert.deepEqual([fast.action, fast.counted], [ACTION.REDIRECT, ['REPLY_RESET', 'STREAM_FAST_OPEN']]);
  });
});

describe('a connection to a resolver', () => {
  test('is followed from the handshake that the resolver answered, not from a SYN that it may have ignored', () => {
    using scene = talking();
    const { talk } = scene;
    // The beginning of a question that would swallow what looks like another one.
    const swallowing = framed(Buffer.concat([forbidden, Buffer.alloc(60)])).subarray(0, 30);
    assert.equal(talk.pod(swallowing).action, ACTION.PASS);
    const again = new Conversation(scene.world, { port: talk.port, firstOut: talk.firstOut + talk.out });
    const syn = again.syn();
    assert.deepEqual([syn.action, syn.counted], [ACTION.SHOT, ['STREAM_REUSED']]);
    assert.equal(talk.pod(framed(allowed)).action, ACTION.PASS);
    const rest = talk.pod(Buffer.alloc(62));
    assert.equal(rest.action, ACTION.REDIRECT, rest.counted.join());
  });

  test('begins anew once the one before has ended, and a handshake sent again changes nothing', () => {
    using scene = talking();
    const { talk } = scene;
    assert.deepEqual(talk.syn().counted, ['STREAM_REUSED']);
    talk.pod(framed(allowed).subarray(0, 10));
    assert.deepEqual(talk.synAck().counted, []);
    assert.equal(talk.pod(framed(allowed).subarray(10), { flags: TCP.FIN }).action, ACTION.PASS);
    talk.resolver('', { flags: TCP.FIN });
    const next = Conversation.opened(scene.world, { port: talk.port, firstOut: talk.firstOut });
    assert.equal(next.pod(framed(allowed)).action, ACTION.PASS, 'same number of the pod, another of the resolver');
    assert.equal(next.pod(framed(forbidden)).action, ACTION.REDIRECT);
  });

  test('is forgotten when both sides have ended it, or one has broken it off', () => {
    using scene = talking();
    const { world } = scene;
    const streams = () => world.maps.usage.get(7)?.streams;
    assert.equal(streams(), 1);
    scene.talk.pod(framed(allowed), { flags: TCP.FIN });
    assert.equal(streams(), 1);
    scene.talk.resolver('', { flags: TCP.FIN });
    assert.deepEqual([streams(), scene.talk.held()], [0, undefined]);
    assert.equal(scene.talk.pod('').action, ACTION.PASS, 'the last acknowledgement');
    for (const end of ['pod', 'resolver'] as const) {
      const talk = Conversation.opened(world, { port: 52000 });
      talk[end]('', { flags: TCP.RST });
      assert.deepEqual([streams(), talk.held()], [0, undefined]);
    }
  });

  test('is forgotten soon when a question of it was refused: nobody will end it', () => {
    using scene = talking();
    const left = () => (scene.talk.held()?.expires ?? 0n) - process.hrtime.bigint();
    assert.equal(scene.talk.pod(framed(allowed)).action, ACTION.PASS);
    assert(left() > 60n * MINUTE, 'control');
    assert.equal(scene.talk.pod(framed(forbidden)).action, ACTION.REDIRECT);
    assert(left() < MINUTE);
  });

  test('over the quota is refused where names are filtered, and is not followed elsewhere', () => {
    using scene = talking();
    const { world } = scene;
    const quota = 512 / 16;
    for (let i = 1; i < quota; i++) Conversation.opened(world, { port: 53000 + i });
    const over = new Conversation(world, { port: 54000 });
    const refused = over.syn();
    assert.deepEqual([refused.action, refused.counted], [ACTION.REDIRECT, ['REPLY_RESET', 'STREAM_QUOTA']]);
    world.unselect();
    assert.deepEqual([over.syn().action, over.syn().counted], [ACTION.PASS, ['STREAM_QUOTA']]);
    assert.deepEqual(over.pod(framed(forbidden)).counted, ['STREAM_LOST']);
    assert.equal(world.maps.usage.get(7)?.streams, quota);
  });

  test('of a pod that no policy selects is followed, so that a policy finds it known', () => {
    using world = new World();
    const talk = Conversation.opened(world);
    assert.deepEqual(talk.pod(framed(forbidden)).counted, ['QUERY_UNFILTERED', 'STREAM_SEGMENT']);
    world.select(FILTER_NAMES, [{ select: NAME }]);
    assert.equal(talk.pod(framed(allowed)).action, ACTION.PASS);
    assert.equal(talk.pod(framed(forbidden)).action, ACTION.REDIRECT);
  });
});
