import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRangeFlag } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, asking, cname, given, NAME } from './asking.ts';
import { addressOctets, mapped } from './frames.ts';
import { FLAG, header, offsetAfter, pointer, QNAME, question, record, response, TYPE, wire } from './messages.ts';
import { ACTION } from './world.ts';

/** Messages that must teach nothing; each passes unchanged with its reason. */
const silent: readonly (readonly [string, Uint8Array, readonly ReasonName[]])[] = [
  ['eleven octets', Buffer.alloc(11, 0x12), ['ANSWER_SHORT']],
  ['another ID', response(NAME, TYPE.A, [a('203.0.113.1')], { id: 0x4321 }), ['ANSWER_UNSOLICITED']],
  ['another name', response('api.example.net', TYPE.A, [a('203.0.113.1')]), ['ANSWER_OTHER_QUESTION']],
  ['another type in the question', response(NAME, TYPE.AAAA, [a('203.0.113.1')]), ['ANSWER_OTHER_QUESTION']],
  ['QR = 0', response(NAME, TYPE.A, [a('203.0.113.1')], { flags: 0 }), ['ANSWER_NOT_RESPONSE']],
  ['opcode 5', response(NAME, TYPE.A, [a('203.0.113.1')], { flags: FLAG.QR | 0x2800 }), ['ANSWER_NOT_RESPONSE']],
  [
    'no question',
    Buffer.concat([header({ flags: FLAG.QR, counts: [0, 1, 0, 0] }), a('203.0.113.1', NAME)]),
    ['ANSWER_QDCOUNT'],
  ],
  [
    'two questions',
    Buffer.concat([header({ flags: FLAG.QR, counts: [2, 1, 0, 0] }), question(NAME), question(NAME), a('203.0.113.1')]),
    ['ANSWER_QDCOUNT'],
  ],
  ['NXDOMAIN with an address', response(NAME, TYPE.A, [a('203.0.113.1')], { flags: FLAG.QR | 3 }), ['ANSWER_RCODE']],
  ['SERVFAIL with an address', response(NAME, TYPE.A, [a('203.0.113.1')], { flags: FLAG.QR | 2 }), ['ANSWER_RCODE']],
  ['an owner off the chain', response(NAME, TYPE.A, [a('203.0.113.1', 'evil.example.net')]), ['ANSWER_NO_ADDRESS']],
  [
    'addresses in the authority and additional sections',
    response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2')], { counts: [1, 0, 1, 1] }),
    ['ANSWER_NO_ADDRESS'],
  ],
  [
    'an AAAA to an A question',
    response(NAME, TYPE.A, [record(pointer(QNAME), TYPE.AAAA, addressOctets('2001:db8::1'))]),
    ['ANSWER_NO_ADDRESS'],
  ],
  [
    'a class other than IN',
    response(NAME, TYPE.A, [a('203.0.113.1', undefined, { rclass: 3 })]),
    ['ANSWER_NO_ADDRESS'],
  ],
  [
    'an owner pointing to itself',
    response(NAME, TYPE.A, [a('203.0.113.1', pointer(offsetAfter(NAME)))]),
    ['ANSWER_BAD_POINTER'],
  ],
  [
    'an owner pointing forward',
    response(NAME, TYPE.A, [a('203.0.113.1', pointer(offsetAfter(NAME) + 4))]),
    ['ANSWER_BAD_POINTER'],
  ],
  ['an owner pointing into the header', response(NAME, TYPE.A, [a('203.0.113.1', pointer(4))]), ['ANSWER_BAD_POINTER']],
  [
    'an owner pointing past the end',
    response(NAME, TYPE.A, [a('203.0.113.1', pointer(0x3fff))]),
    ['ANSWER_BAD_POINTER'],
  ],
  ['label type 10', response(NAME, TYPE.A, [a('203.0.113.1', Buffer.from([0x80, 0]))]), ['ANSWER_BAD_NAME']],
  [
    'a good record, then rdlength 3',
    response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2', undefined, { length: 3 })]),
    ['ANSWER_BAD_RDLENGTH'],
  ],
  [
    'rdlength past the end',
    response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2', undefined, { length: 400 })]),
    ['ANSWER_BAD_RDLENGTH'],
  ],
  [
    'a CNAME target that ends before its rdlength',
    response(NAME, TYPE.A, [
      cname(pointer(QNAME), Buffer.concat([wire('x.example'), Buffer.from([0])])),
      a('203.0.113.1'),
    ]),
    ['ANSWER_BAD_RDLENGTH'],
  ],
  ['ANCOUNT 65,535', response(NAME, TYPE.A, [a('203.0.113.1')], { counts: [1, 65535, 0, 0] }), ['ANSWER_TOO_MANY']],
  ['ANCOUNT one too high', response(NAME, TYPE.A, [a('203.0.113.1')], { counts: [1, 2, 0, 0] }), ['ANSWER_CUT_RECORD']],
  [
    'a CNAME loop',
    response(NAME, TYPE.A, [
      cname(pointer(QNAME), wire('b.example')),
      cname('b.example', wire('c.example')),
      cname('c.example', wire('b.example')),
      a('203.0.113.1', 'b.example'),
    ]),
    ['ANSWER_BAD_CHAIN'],
  ],
  [
    'a chain of seventeen CNAMEs',
    response(NAME, TYPE.A, [
      cname(NAME, wire('c0.example')),
      ...Array.from({ length: 16 }, (_, i) => cname(`c${i}.example`, wire(`c${i + 1}.example`))),
      a('203.0.113.1', 'c16.example'),
    ]),
    ['ANSWER_CHAIN_LONG'],
  ],
];

describe('a message that is wrong somewhere teaches nothing at all and passes unchanged', () => {
  for (const [what, message, counted] of silent) {
    test(what, () => {
      using world = asking();
      given(world, message, counted);
      assert.equal(world.learnedCount(), 0);
    });
  }

  test('control: the same message without its fault teaches', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
  });

  test('an IP fragment', () => {
    using world = asking();
    ask(world);
    const message = response(NAME, TYPE.A, [a('203.0.113.1')]);
    world.expect('pod_in', answer(message, { fragment: 0x2000 }), ACTION.PASS, ['ANSWER_FRAGMENT']);
    world.expect('pod_in', answer(message), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
  });

  test('a UDP length that does not fit the packet', () => {
    using world = asking();
    ask(world);
    const message = response(NAME, TYPE.A, [a('203.0.113.1')]);
    for (const udpLength of [0, 20, 2000]) {
      world.expect('pod_in', answer(message, { udpLength }), ACTION.PASS, ['ANSWER_MALFORMED']);
    }
    assert.equal(world.learnedCount(), 0);
  });

  test('a reserved address is left out and counted; the others stand', () => {
    using world = asking();
    world.maps.ranges.set({ prefixLength: 96 + 8, address: mapped('127.0.0.0') }, NwRangeFlag.RESERVED);
    const message = response(NAME, TYPE.A, [a('127.0.0.1'), a('203.0.113.1')]);
    given(world, message, ['ANSWER_LEARNED', 'ANSWER_RESERVED_ADDRESS', 'LEARN_NEW']);
    assert.deepEqual([world.learned('127.0.0.1'), world.learned('203.0.113.1')], [[], [1]]);
  });

  for (const [what, address] of [
    ['mapped', '::ffff:7f00:1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['6to4', '2002:7f00:1::1'],
  ] as const) {
    test(`a reserved address carried in an IPv6 one (${what}) is left out; without the range it is learned`, () => {
      using world = asking();
      const message = response(NAME, TYPE.AAAA, [record(pointer(QNAME), TYPE.AAAA, addressOctets(address))]);
      world.maps.ranges.set({ prefixLength: 96 + 8, address: mapped('127.0.0.0') }, NwRangeFlag.RESERVED);
      given(world, message, ['ANSWER_LEARNED', 'ANSWER_RESERVED_ADDRESS'], TYPE.AAAA);
      assert.equal(world.learnedCount(), 0);
      world.maps.ranges.delete({ prefixLength: 96 + 8, address: mapped('127.0.0.0') });
      given(world, message, ['ANSWER_LEARNED', 'LEARN_NEW'], TYPE.AAAA);
    });
  }

  test('control: without the range the reserved address is learned', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('127.0.0.1')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
  });
});
