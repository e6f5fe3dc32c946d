import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import { NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, answer, ask, asking, cname, given, NAME } from './asking.ts';
import { addressOctets, POD, udp } from './frames.ts';
import { offsetAfter, pointer, QNAME, query, record, response, TYPE, wire } from './messages.ts';
import { ACTION, RESOLVER, World } from './world.ts';

const LEARNED: readonly ReasonName[] = ['ANSWER_LEARNED', 'LEARN_NEW'];
const { FILTER_NAMES, ISOLATED } = NwRulesetFlag;

/** TXT records whose data are pointers, each to the one before; the last one's place is returned. */
function pointerChain(length: number): { records: Buffer[]; last: number } {
  const records: Buffer[] = [];
  let last = QNAME;
  for (let i = 0; i < length; i++) {
    const at = offsetAfter(NAME, records) + 12;
    records.push(record(pointer(QNAME), TYPE.TXT, pointer(last)));
    last = at;
  }
  return { records, last };
}

describe('compression in an answer', () => {
  test('a backward chain of six pointers is followed', () => {
    using world = asking();
    const { records, last } = pointerChain(6);
    given(world, response(NAME, TYPE.A, [...records, a('203.0.113.1', pointer(last))]), LEARNED);
  });

  test('a chain of more jumps than we follow teaches nothing and has a counter of its own', () => {
    using world = asking();
    const { records, last } = pointerChain(17);
    given(world, response(NAME, TYPE.A, [...records, a('203.0.113.1', pointer(last))]), ['ANSWER_POINTER_CHAIN']);
  });

  test('two pointers that lead to each other teach nothing', () => {
    using world = asking();
    const at = offsetAfter(NAME) + 12;
    const loop = record(pointer(QNAME), TYPE.TXT, Buffer.concat([pointer(at + 2), pointer(at)]));
    given(world, response(NAME, TYPE.A, [loop, a('203.0.113.1', pointer(at))]), ['ANSWER_BAD_POINTER']);
  });

  test('a pointer of which one octet is left teaches nothing', () => {
    using world = asking();
    const message = response(NAME, TYPE.A, [a('203.0.113.1'), Buffer.from([0xc0])], { counts: [1, 2, 0, 0] });
    given(world, message, ['ANSWER_BAD_POINTER']);
  });

  test("many records over long chains end at the message's budget", () => {
    using world = asking();
    const { records, last } = pointerChain(15);
    const deep = Array.from({ length: 230 }, () => record(pointer(last), TYPE.TXT, Buffer.alloc(1)));
    given(world, response(NAME, TYPE.A, [...records, ...deep, a('203.0.113.1')]), ['ANSWER_POINTER_CHAIN']);
  });

  test('a label past the end and label type 01 teach nothing', () => {
    for (const owner of [Buffer.from([60, 0x61]), Buffer.from([0x41, 0x61, 0])]) {
      using world = asking();
      given(world, response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2', owner)]), ['ANSWER_BAD_NAME']);
    }
  });
});

describe('names at their limits', () => {
  const labels = (count: number, length: number): string =>
    Array.from({ length: count }, () => 'a'.repeat(length)).join('.');
  const asked = (world: World, name: string | Buffer): void => {
    ask(world, query(name));
  };
  const star = (): World => {
    const world = new World();
    world.select(FILTER_NAMES | ISOLATED, [{ select: '*' }]);
    return world;
  };

  for (const [what, name] of [
    ['255 octets', `${labels(3, 63)}.${'b'.repeat(61)}`],
    ['127 labels of one octet', labels(127, 1)],
    ['the root', ''],
  ] as const) {
    test(`${what}: asked, answered, learned`, () => {
      using world = star();
      asked(world, name);
      world.expect('pod_in', answer(response(name, TYPE.A, [a('203.0.113.1')])), ACTION.PASS, LEARNED);
      assert.equal(world.recent(name)?.nameLength, wire(name).length);
    });
  }

  test('an owner of 256 octets teaches nothing', () => {
    using world = asking();
    const owner = wire(`${labels(3, 63)}.${'b'.repeat(62)}`);
    given(world, response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2', owner)]), ['ANSWER_BAD_NAME']);
  });

  test('an owner that reaches 255 octets by a pointer is read, one octet more is not', () => {
    const room = 255 - wire(NAME).length;
    const prefix = (octets: number): Buffer => {
      const full = Math.floor(octets / 64);
      const rest = octets - full * 64;
      const parts = [...Array<number>(full).fill(63), rest - 1].map((n) =>
        Buffer.concat([Buffer.from([n]), Buffer.alloc(n, 0x78)]),
      );
      return Buffer.concat([...parts, pointer(QNAME)]);
    };
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.2', prefix(room)), a('203.0.113.1')]), LEARNED);
    given(world, response(NAME, TYPE.A, [a('203.0.113.2', prefix(room + 1)), a('203.0.113.3')]), ['ANSWER_BAD_NAME']);
  });

  test('a name of the root is selected by no wildcard but the lone star', () => {
    using world = new World();
    world.select(FILTER_NAMES | ISOLATED, [{ select: '*.*' }, { select: '**.com' }]);
    const frame = udp({ source: POD, destination: RESOLVER, sourcePort: 1, destinationPort: 53 }, query(''));
    world.expect('pod_out', frame, ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_REFUSED']);
  });
});

describe('octets that are no letters', () => {
  const odd = (label: Buffer): Buffer => Buffer.concat([Buffer.from([label.length]), label, wire('com')]);
  for (const [what, label] of [
    ['a dot', Buffer.from('api.example')],
    ['NUL', Buffer.from('api\0example')],
    ['an escape', Buffer.from('api\\.example')],
  ] as const) {
    test(`${what} inside a label is never a separator`, () => {
      using world = asking();
      const frame = udp({ source: POD, destination: RESOLVER, sourcePort: 1, destinationPort: 53 }, query(odd(label)));
      world.expect('pod_out', frame, ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_REFUSED']);
      given(world, response(NAME, TYPE.A, [a('203.0.113.1', odd(label))]), ['ANSWER_NO_ADDRESS']);
    });
  }

  test('only ASCII letters are folded: octets over 127 and [ @ stay what they are', () => {
    using world = new World();
    world.select(FILTER_NAMES | ISOLATED, [{ select: '*' }]);
    const name = (octets: string): Buffer =>
      Buffer.concat([Buffer.from([octets.length / 2]), Buffer.from(octets, 'hex'), Buffer.alloc(1)]);
    ask(world, query(name('c15b40')));
    world.expect('pod_in', answer(response(name('e15b40'), TYPE.A, [])), ACTION.PASS, ['ANSWER_OTHER_QUESTION']);
    world.expect('pod_in', answer(response(name('c17b40'), TYPE.A, [])), ACTION.PASS, ['ANSWER_OTHER_QUESTION']);
    world.expect('pod_in', answer(response(name('c15b60'), TYPE.A, [])), ACTION.PASS, ['ANSWER_OTHER_QUESTION']);
    world.expect('pod_in', answer(response(name('c15b40'), TYPE.A, [])), ACTION.PASS, ['ANSWER_NO_ADDRESS']);
  });
});

describe('records beside the addresses', () => {
  test('trailing octets are ignored and counted', () => {
    using world = asking();
    const message = Buffer.concat([response(NAME, TYPE.A, [a('203.0.113.1')]), Buffer.from('trailing')]);
    given(world, message, ['ANSWER_LEARNED', 'ANSWER_TRAILING', 'LEARN_NEW']);
  });

  test('an OPT that is malformed, there twice, or full of options changes nothing', () => {
    const opt = (data: Buffer, length = data.length): Buffer => record('', TYPE.OPT, data, { rclass: 1232, length });
    const options = Buffer.concat(Array.from({ length: 300 }, () => Buffer.from([0, 99, 0, 0])));
    for (const extra of [[opt(Buffer.alloc(3), 400)], [opt(Buffer.alloc(0)), opt(Buffer.alloc(0))], [opt(options)]]) {
      using world = asking();
      const message = response(NAME, TYPE.A, [a('203.0.113.1'), ...extra], { counts: [1, 1, 0, extra.length] });
      given(world, message, LEARNED);
    }
  });

  test('address hints of SVCB and HTTPS records are not learned', () => {
    using world = asking();
    const hint = Buffer.concat([Buffer.from([0, 1, 0, 0, 4, 0, 4]), addressOctets('203.0.113.9')]);
    for (const type of [64, 65]) {
      given(world, response(NAME, type, [record(pointer(QNAME), type, hint)]), ['ANSWER_NO_ADDRESS'], type);
      given(
        world,
        response(NAME, type, [record(pointer(QNAME), type, hint, { length: 900 })]),
        ['ANSWER_BAD_RDLENGTH'],
        type,
      );
    }
    assert.equal(world.learnedCount(), 0);
  });

  test('a CNAME into another selected name is credited to the question alone', () => {
    using world = asking();
    const chain = [cname(pointer(QNAME), wire('x.other.example')), a('203.0.113.1', 'x.other.example')];
    given(world, response(NAME, TYPE.A, chain), LEARNED);
    assert.deepEqual(world.learned('203.0.113.1'), [1]);
  });

  test('an AAAA of other than sixteen octets teaches nothing', () => {
    using world = asking();
    const short = record(pointer(QNAME), TYPE.AAAA, Buffer.alloc(15));
    given(world, response(NAME, TYPE.AAAA, [short]), ['ANSWER_BAD_RDLENGTH'], TYPE.AAAA);
  });

  test('256 records are walked, 257 are counted as too many', () => {
    const texts = (count: number): Buffer[] =>
      Array.from({ length: count }, () => record(pointer(QNAME), TYPE.TXT, Buffer.alloc(1)));
    using world = asking();
    given(world, response(NAME, TYPE.A, [...texts(255), a('203.0.113.1')]), LEARNED);
    given(world, response(NAME, TYPE.A, [...texts(256), a('203.0.113.2')]), ['ANSWER_TOO_MANY']);
  });
});
