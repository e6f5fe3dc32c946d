import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { query } from './messages.ts';
import { NwRulesetFlag, NwSwitch } from '../../src/gen/enums.gen.ts';
import { TCP } from './frames.ts';
import { Conversation, framed, NAME, talking } from './streaming.ts';
import { ACTION, World } from './world.ts';

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

/** A resolver that answers SYNs with cookies keeps none in mind: what it believes is in the acknowledgement. */
describe('a pod whose resolver answers with SYN cookies', () => {
  test("shifts the stream by none of the octets that a cookie's numbers may be off by", () => {
    for (const off of [-3, -2, -1, 1, 2, 3]) {
      using scene = talking();
      const { talk } = scene;
      assert.equal(talk.pod(Buffer.of(0xff, 0xff, 0, 0)).action, ACTION.PASS, 'the beginning of a long message');
      const shifted = talk.pod('', { offset: off });
      assert.deepEqual([shifted.action, shifted.counted], [ACTION.SHOT, ['STREAM_HANDSHAKE']], `by ${off}`);
      talk.acknowledge();
      assert.equal(talk.pod('', { offset: off }).action, ACTION.PASS, 'control: of a connection that the resolver has');
    }
  });

  test('shifts none of what the resolver says', () => {
    using scene = talking();
    const { talk } = scene;
    talk.in = 2;
    assert.deepEqual(talk.pod('').counted, ['STREAM_HANDSHAKE']);
    talk.in = 0;
    assert.equal(talk.pod('').action, ACTION.PASS, 'control');
  });

  test('ends no connection behind our back, to have the next one in its place', () => {
    using scene = talking();
    const { talk } = scene;
    talk.pod(allowed);
    talk.acknowledge();
    const passed = talk.out;
    const missed = talk.pod(allowed);
    assert.equal(missed.action, ACTION.PASS, 'control: the resolver may miss it');
    assert.deepEqual(talk.pod('', { offset: passed, flags: TCP.FIN }).counted, ['STREAM_CHANGED']);
    talk.in += 1;
    assert.deepEqual(talk.pod('').counted, ['STREAM_HANDSHAKE'], 'an end that the resolver has not said');
    talk.in -= 1;
    talk.resolver('', { flags: TCP.FIN });
    talk.in += 1;
    assert.equal(talk.pod('').action, ACTION.PASS, 'control: one that it has');
    assert.equal(talk.pod('', { flags: TCP.FIN }).action, ACTION.PASS);
    assert.equal(talk.held(), undefined);
  });

  test('is followed no more when it has two handshakes to choose from', () => {
    for (const other of [{ firstIn: 7 }, { firstOut: 7 }]) {
      using scene = talking({ firstIn: 99, firstOut: 99 });
      const { world, talk } = scene;
      new Conversation(world, { firstIn: 99, firstOut: 99, ...other }).synAck();
      const outcome = talk.pod(allowed);
      assert.deepEqual([outcome.action, outcome.counted], [ACTION.REDIRECT, ['QUERY_TCP_UNSEEN', 'REPLY_RESET']]);
    }
  });

  test('opens nothing by an answer to a SYN from before a reset', () => {
    for (const end of ['pod', 'resolver'] as const) {
      using scene = talking();
      const talk = new Conversation(scene.world, { port: 41000 });
      talk.syn();
      talk[end]('', { flags: TCP.RST });
      assert.deepEqual(talk.syn().counted, ['STREAM_REUSED']);
      talk.synAck();
      assert.equal(talk.pod(allowed).action, ACTION.REDIRECT);
    }
  });
});

describe('octets that we did not see', () => {
  /** A world without a policy, and a connection of its pod. */
  function unselected(): { world: World; talk: Conversation; enforce: () => void } {
    const world = new World();
    const talk = Conversation.opened(world);
    const enforce = (): void => world.select(NwRulesetFlag.FILTER_NAMES, [{ select: NAME }]);
    return { world, talk, enforce };
  }

  test('of a segment that we cannot read: what follows them is refused once names are filtered', () => {
    const { world, talk, enforce } = unselected();
    using _ = world;
    const unread = talk.pod(Buffer.of(0xff, 0xff), { ip: { fragment: 0x2000 } });
    assert.equal(unread.action, ACTION.PASS);
    talk.pod(allowed, { offset: 0 });
    talk.acknowledge();
    enforce();
    assert.deepEqual(talk.pod(allowed).counted, ['QUERY_TCP_UNSEEN', 'REPLY_RESET']);
    const control = Conversation.opened(world, { port: 41000 });
    assert.equal(control.pod(allowed).action, ACTION.PASS, 'control');
  });

  test('since the node was switched off: the resolver has more than we have seen', () => {
    const { world, talk, enforce } = unselected();
    using _ = world;
    enforce();
    world.configure({ nodeSwitch: NwSwitch.OFF });
    talk.pod(Buffer.of(0xff, 0xff));
    talk.acknowledge();
    world.configure({ nodeSwitch: NwSwitch.ON });
    assert.deepEqual(talk.pod(allowed, { offset: 0 }).counted, ['QUERY_TCP_UNSEEN', 'REPLY_RESET']);
  });
});
