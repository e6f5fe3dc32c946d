import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { a, answer, ask, asking, cname, given, NAME } from './asking.ts';
import { FLAG, offsetAfter, pointer, QNAME, record, response, TYPE, wire } from './messages.ts';
import { ACTION } from './world.ts';

/** The answer's frame with its last octets behind the IP packet, where Ethernet pads. */
const trailing = (message: Buffer, octets: number): Buffer =>
  Buffer.concat([answer(message.subarray(0, message.length - octets)), message.subarray(message.length - octets)]);

describe('octets of a frame behind its packet are no part of the message', () => {
  const message = response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2')]);
  const outcomes: readonly (readonly [string, number, readonly ReasonName[]])[] = [
    ['the last address', 4, ['ANSWER_BAD_RDLENGTH']],
    ['the last record', 16, ['ANSWER_CUT_RECORD']],
    ['the end of the question', 33, ['ANSWER_OTHER_QUESTION']],
    ['all behind the header', message.length - 12, ['ANSWER_OTHER_QUESTION']],
  ];
  for (const [what, octets, counted] of outcomes) {
    test(`${what} there: the message teaches nothing`, () => {
      using world = asking();
      ask(world);
      world.expect('pod_in', trailing(message, octets), ACTION.PASS, counted);
      assert.equal(world.learnedCount(), 0);
    });
  }

  test('control: padding behind a whole message changes nothing', () => {
    using world = asking();
    ask(world);
    const padded = Buffer.concat([answer(message), Buffer.alloc(12)]);
    world.expect('pod_in', padded, ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW', 'LEARN_NEW']);
  });
});

describe('a truncated answer that ends inside a record', () => {
  const records = [a('203.0.113.1'), a('203.0.113.2', Buffer.concat([Buffer.from('\x03api'), pointer(QNAME + 4)]))];
  const whole = response(NAME, TYPE.A, records, { flags: FLAG.QR | FLAG.TC });
  const second = offsetAfter(NAME, [records[0] ?? Buffer.alloc(0)]);
  test('teaches its complete records wherever it is cut: in the owner, before the data, in it', () => {
    using world = asking();
    for (let length = second; length < whole.length; length++) {
      given(world, whole.subarray(0, length), ['ANSWER_LEARNED', length === second ? 'LEARN_NEW' : 'LEARN_REFRESHED']);
    }
    assert.deepEqual([world.learned('203.0.113.1'), world.learnedCount()], [[1], 1]);
  });

  test('control: cut in the same places without TC it teaches nothing', () => {
    using world = asking();
    const plain = response(NAME, TYPE.A, records);
    for (let length = second; length < plain.length; length++) {
      ask(world);
      world.run('pod_in', answer(plain.subarray(0, length)));
    }
    assert.equal(world.learnedCount(), 0);
  });

  test('teaches nothing where a name runs off the end by a pointer: that record is wrong, not cut', () => {
    using world = asking();
    const first = a('203.0.113.1');
    // A label of sixteen octets: as many as the last record has, so that the name ends nowhere.
    const text = record(pointer(QNAME), TYPE.TXT, Buffer.of(16));
    const at = offsetAfter(NAME, [first, text]) - 1;
    const message = response(NAME, TYPE.A, [first, text, a('203.0.113.2', pointer(at))], {
      flags: FLAG.QR | FLAG.TC,
    });
    given(world, message, ['ANSWER_BAD_NAME']);
    assert.equal(world.learnedCount(), 0);
  });
});

describe('a chain out of order', () => {
  test('has its addresses counted once: sixty-four of them teach', () => {
    using world = asking();
    const many = Array.from({ length: 64 }, (_, i) => a(`203.0.113.${i}`, 'b.example'));
    const records = [...many, cname('a.example', wire('b.example')), cname(NAME, wire('a.example'))];
    given(world, response(NAME, TYPE.A, records), ['ANSWER_LEARNED', ...Array<ReasonName>(64).fill('LEARN_NEW')]);
  });

  test('or with an address of another name beside it: forty are not eighty', () => {
    using world = asking();
    const many = Array.from({ length: 40 }, (_, i) => a(`203.0.113.${i}`, 'b.example'));
    const records = [cname(NAME, wire('b.example')), ...many, a('203.0.113.99', 'c.example')];
    given(world, response(NAME, TYPE.A, records), ['ANSWER_LEARNED', ...Array<ReasonName>(40).fill('LEARN_NEW')]);
  });
});
