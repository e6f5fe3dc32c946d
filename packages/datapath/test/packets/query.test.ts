import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NwQueryFlag, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { a, asking, given, NAME } from './asking.ts';
import { addressOctets, mapped, parse, POD, POD6, udp } from './frames.ts';
import { FLAG, header, pointer, query, question, record, response, TYPE } from './messages.ts';
import { ACTION, ENDPOINT, RESOLVER, RESOLVER6, RULESET, World, MINUTE } from './world.ts';

const { FILTER_NAMES, ISOLATED, REJECT_NXDOMAIN, HAS_AUDIT, AUDIT_FILTER_NAMES } = NwRulesetFlag;
const FILTERED = FILTER_NAMES | ISOLATED;
const ask = (message: Uint8Array, port = 40000): Buffer =>
  udp({ source: POD, destination: RESOLVER, sourcePort: port, destinationPort: 53 }, message);
const pendingOf = (world: World, port = 40000, server = RESOLVER) =>
  world.maps.pending.get({
    endpoint: ENDPOINT,
    server: mapped(server),
    serverPort: 53,
    podPort: port,
    id: 0x1234,
    protocol: 17,
  });

const opt = (size: number, data: Buffer = Buffer.alloc(0)): Buffer => record('', TYPE.OPT, data, { rclass: size });
const withOpt = (name: string, additional: Buffer, count = 1): Buffer =>
  Buffer.concat([query(name, TYPE.A, { counts: [1, 0, 0, count] }), additional]);

describe('a query from a pod whose names are filtered', () => {
  test('for an allowed name passes unchanged and is remembered folded, with its identity', () => {
    using world = new World();
    world.select(FILTERED, [{ select: 'api.example.com' }]);
    const frame = ask(query('aPi.ExAmple.COM'));
    const after = world.expect('pod_out', frame, ACTION.PASS, ['QUERY_ALLOWED']);
    assert.deepEqual(Buffer.from(after), frame);
    const pending = pendingOf(world);
    assert.equal(Buffer.from(pending?.name ?? []).toString('latin1', 0, 17), '\x03api\x07example\x03com\0');
    assert.deepEqual([pending?.nameLength, pending?.handleCount, pending?.handles[0], pending?.queries], [17, 1, 1, 1]);
  });

  test('for a name of a pattern passes; one label more does not', () => {
    using world = new World();
    world.select(FILTERED, [{ select: '*.s3.*.example.com' }]);
    world.expect('pod_out', ask(query('bucket.s3.eu-1.example.com')), ACTION.PASS, ['QUERY_ALLOWED']);
    world.expect('pod_out', ask(query('a.bucket.s3.eu-1.example.com'), 2), ACTION.REDIRECT, [
      'QUERY_NO_RULE',
      'REPLY_REFUSED',
    ]);
  });

  for (const [family, ends] of [
    ['IPv4', { source: POD, destination: RESOLVER }],
    ['IPv6', { source: POD6, destination: RESOLVER6 }],
  ] as const) {
    test(`for a name no rule selects is turned into REFUSED over ${family}, checksums right`, () => {
      using world = new World();
      world.select(FILTERED, [{ select: 'api.example.com' }]);
      const message = query('evil.example.net');
      const frame = udp({ ...ends, sourcePort: 40000, destinationPort: 53 }, message);
      const reply = parse(world.expect('pod_out', frame, ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_REFUSED']));
      assert.deepEqual([reply.sourcePort, reply.destinationPort, reply.transportChecksum], [53, 40000, 0]);
      assert.equal(reply.payload.readUInt16BE(0), 0x1234);
      assert.equal(reply.payload.readUInt16BE(2), FLAG.QR | FLAG.RD | FLAG.RA | 5);
      assert.deepEqual(reply.payload.subarray(4), message.subarray(4));
      assert.equal(pendingOf(world), undefined);
    });
  }

  test('that carried an OPT is told which policy, as EDE 15, over both families; nothing else comes back', () => {
    using world = new World();
    world.select(FILTERED);
    const text = 'FQDNNetworkPolicy/shop/egress';
    world.maps.rulesetTexts.set(RULESET, { number: RULESET, length: text.length, text });
    const name = 'eViL.example.net';
    const message = withOpt(name, opt(4096, Buffer.from('a cookie of the pod')));
    for (const ends of [
      { source: POD, destination: RESOLVER },
      { source: POD6, destination: RESOLVER6 },
    ]) {
      const frame = udp({ ...ends, sourcePort: 40000, destinationPort: 53 }, message);
      const reply = parse(world.expect('pod_out', frame, ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_REFUSED']));
      const ede = Buffer.concat([Buffer.from([0, 15, 0, 2 + text.length, 0, 15]), Buffer.from(text)]);
      const flags = FLAG.QR | FLAG.RD | FLAG.RA | 5;
      const expected = Buffer.concat([
        header({ flags, counts: [1, 0, 0, 1] }),
        question(name),
        record('', TYPE.OPT, ede, { rclass: 1232, ttl: 0 }),
      ]);
      assert.deepEqual(reply.payload, expected);
      assert.equal(reply.transportChecksum, 0);
    }
  });

  test('that expands the search list is answered NXDOMAIN, the suffix itself and other names REFUSED', () => {
    using world = new World();
    world.select(FILTERED);
    world.search(['corp.example', 'example']);
    const rcode = (name: string): number =>
      parse(world.run('pod_out', ask(query(name))).frame).payload.readUInt16BE(2) & 15;
    assert.deepEqual(
      ['api.stripe.com.corp.example', 'x.example', 'corp.example', 'example', 'xexample', 'example.net'].map(rcode),
      [3, 3, 3, 5, 5, 5],
    );
  });

  test('is refused with NXDOMAIN where the ruleset says so', () => {
    using world = new World();
    world.select(FILTERED | REJECT_NXDOMAIN);
    const reply = parse(world.run('pod_out', ask(query('evil.example.net'))).frame);
    assert.equal(reply.payload.readUInt16BE(2) & 15, 3);
  });

  test('for a denied name is refused although an allow selects it too', () => {
    using world = new World();
    world.select(FILTERED, [{ select: '*.example.com' }, { select: 'evil.example.com', query: NwQueryFlag.DENY }]);
    world.expect('pod_out', ask(query('evil.example.com')), ACTION.REDIRECT, ['QUERY_DENIED', 'REPLY_REFUSED']);
    world.expect('pod_out', ask(query('good.example.com'), 2), ACTION.PASS, ['QUERY_ALLOWED']);
  });

  test('asked again by retransmission counts on the same pending entry', () => {
    using world = new World();
    world.select(FILTERED, [{ select: 'api.example.com' }]);
    for (let i = 0; i < 3; i++) world.run('pod_out', ask(query('api.example.com')));
    assert.equal(pendingOf(world)?.queries, 3);
    assert.equal(world.maps.usage.get(ENDPOINT)?.pending, 1);
  });

  test('over the quota of open questions is refused and leaves the others alone', () => {
    using world = new World();
    world.configure({ quotaPending: 2 });
    world.select(FILTERED, [{ select: 'api.example.com' }]);
    for (const port of [1, 2]) {
      world.expect('pod_out', ask(query('api.example.com'), port), ACTION.PASS, ['QUERY_ALLOWED']);
    }
    world.expect('pod_out', ask(query('api.example.com'), 3), ACTION.REDIRECT, ['QUERY_QUOTA', 'REPLY_REFUSED']);
    assert.ok(pendingOf(world, 1) && pendingOf(world, 2));
    assert.equal(world.maps.usage.get(ENDPOINT)?.pending, 2);
  });

  test('is refused when the table is full', () => {
    using world = new World();
    world.select(FILTERED, [{ select: 'api.example.com' }]);
    const outcomes = Array.from({ length: 65 }, (_, i) => world.run('pod_out', ask(query('api.example.com'), i + 1)));
    assert.deepEqual(outcomes.at(-1)?.counted, ['QUERY_FULL', 'REPLY_REFUSED']);
    assert.equal(world.maps.usage.get(ENDPOINT)?.pending, 64);
  });

  const notPlain: readonly (readonly [string, Uint8Array])[] = [
    ['no octet at all', Buffer.alloc(0)],
    ['eleven octets', Buffer.alloc(11)],
    ['a response', response('api.example.com', TYPE.A, [])],
    [
      '513 octets',
      Buffer.concat([
        query('api.example.com', TYPE.A, { counts: [1, 0, 0, 1] }),
        record('', TYPE.OPT, Buffer.alloc(469)),
      ]),
    ],
    ['opcode 2', query('api.example.com', TYPE.A, { flags: 0x1000 })],
    ['no question', header({ counts: [0, 0, 0, 0] })],
    ['two questions', Buffer.concat([header({ counts: [2, 0, 0, 0] }), question('api.example.com'), question('x.y')])],
    [
      'an answer record',
      Buffer.concat([query('api.example.com', TYPE.A, { counts: [1, 1, 0, 0] }), record('a', 1, Buffer.alloc(4))]),
    ],
    ['three additional records', query('api.example.com', TYPE.A, { counts: [1, 0, 0, 3] })],
    ['octets behind the question', Buffer.concat([query('api.example.com'), Buffer.from('hidden')])],
    ['a class other than IN', Buffer.concat([header(), question('api.example.com', TYPE.A, 3)])],
    ['a compressed name', Buffer.concat([header(), question(pointer(12))])],
    ['label type 01', Buffer.concat([header(), question(Buffer.from([0x41, 0x61, 0]))])],
    ['a label past the end', Buffer.concat([header(), Buffer.from([63, 0x61])])],
    [
      'a name of 256 octets',
      query(Buffer.concat([...Array.from({ length: 127 }, () => Buffer.from([1, 0x61])), Buffer.from([0, 0])])),
    ],
    ['a cut question', query('api.example.com').subarray(0, -3)],
  ];
  for (const [what, message] of notPlain) {
    test(`that is not one plain question (${what}) does not reach the resolver`, () => {
      using world = new World();
      world.select(FILTERED, [{ select: '*' }]);
      const outcome = world.run('pod_out', ask(message));
      assert.notEqual(outcome.action, ACTION.PASS);
      assert.equal(outcome.counted.includes('QUERY_NOT_PLAIN'), true, outcome.counted.join());
      assert.equal(pendingOf(world), undefined);
    });
  }

  for (const name of ['api.example.com', 'ap.example.com']) {
    test(`advertising 4,096 octets is lowered to 1,232, checksum right (${name.length % 2 ? 'odd' : 'even'} offset)`, () => {
      using world = new World();
      world.select(FILTERED, [{ select: '*.example.com' }]);
      const frame = ask(withOpt(name, opt(4096, Buffer.from('cookie'))));
      const after = parse(world.expect('pod_out', frame, ACTION.PASS, ['QUERY_ALLOWED', 'QUERY_EDNS_CLAMPED']));
      assert.deepEqual(after.payload, withOpt(name, opt(1232, Buffer.from('cookie'))));
      assert.equal(after.transportChecksum, 0);
    });
  }

  test('is left as it is when it advertises less, is signed, or the pod is not selected', () => {
    using world = new World();
    const frames = [
      ask(withOpt('api.example.com', opt(1232))),
      ask(
        withOpt(
          'api.example.com',
          Buffer.concat([opt(4096), record('key', 250, Buffer.alloc(20), { rclass: 255 })]),
          2,
        ),
        2,
      ),
      ask(withOpt('api.example.com', record('', 24, Buffer.alloc(20), { rclass: 255 })), 3),
    ];
    world.expect('pod_out', ask(withOpt('api.example.com', opt(4096)), 4), ACTION.PASS, ['QUERY_UNFILTERED']);
    world.select(FILTERED, [{ select: 'api.example.com' }]);
    for (const frame of frames) {
      assert.deepEqual(Buffer.from(world.expect('pod_out', frame, ACTION.PASS, ['QUERY_ALLOWED'])), frame);
    }
  });

  for (const [what, message] of [
    [
      'an additional record that is no OPT',
      withOpt('api.example.com', record('', TYPE.TXT, Buffer.from('\x06hidden'))),
    ],
    ['octets behind the OPT', withOpt('api.example.com', Buffer.concat([opt(1232), Buffer.from('hidden')]))],
    ['an OPT that is cut', withOpt('api.example.com', opt(1232, Buffer.alloc(9)).subarray(0, -4))],
    ['an OPT with an owner', withOpt('api.example.com', record('x', TYPE.OPT, Buffer.alloc(0)))],
  ] as const) {
    test(`with ${what} does not reach the resolver`, () => {
      using world = new World();
      world.select(FILTERED, [{ select: '*' }]);
      world.expect('pod_out', ask(message), ACTION.REDIRECT, ['QUERY_NOT_PLAIN', 'REPLY_REFUSED']);
    });
  }

  test('that is a response is dropped without an answer, whatever its size', () => {
    using world = new World();
    world.select(FILTERED, [{ select: '*' }]);
    for (const size of [0, 600]) {
      const message = Buffer.concat([response('api.example.com', TYPE.A, []), Buffer.alloc(size)]);
      world.expect('pod_out', ask(message), ACTION.SHOT, ['QUERY_NOT_PLAIN']);
    }
  });

  test('over TCP, which no hook reads, is reset', () => {
    using world = new World();
    world.select(FILTERED, [{ select: '*' }]);
    const frame = udp({ source: POD, destination: '198.51.100.54', sourcePort: 1, destinationPort: 53 }, query('x.y'));
    assert.deepEqual(world.run('pod_out', frame).counted, ['DENY_UNKNOWN', 'REPLY_UNREACHABLE']);
  });
});

describe('a reverse look-up from a pod whose names are filtered', () => {
  const PTR = 12;
  const V6 = `${'1.0.0.0.'.padEnd(48, '0.')}8.b.d.0.1.0.0.2.ip6.arpa`;
  const reversed = (world: World, name: string, type = PTR): readonly string[] =>
    world.run('pod_out', ask(query(name, type))).counted;

  test('passes for an address that the pod has learned, while it lives', () => {
    using world = asking();
    given(world, response(NAME, TYPE.A, [a('203.0.113.7')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
    const aaaa = record(pointer(12), TYPE.AAAA, addressOctets('2001:db8::1'));
    given(world, response(NAME, TYPE.AAAA, [aaaa]), ['ANSWER_LEARNED', 'LEARN_NEW'], TYPE.AAAA);
    assert.deepEqual(reversed(world, '7.113.0.203.in-addr.arpa'), ['QUERY_REVERSE']);
    assert.deepEqual(reversed(world, V6), ['QUERY_REVERSE']);
    world.advance(60n * MINUTE);
    assert.deepEqual(reversed(world, '7.113.0.203.in-addr.arpa'), ['QUERY_NO_RULE', 'REPLY_REFUSED']);
  });

  for (const [what, name, type] of [
    ['an address never learned', '8.113.0.203.in-addr.arpa', PTR],
    ['another type', '7.113.0.203.in-addr.arpa', TYPE.TXT],
    ['another zone', '7.113.0.203.in-addr.arpx', PTR],
    ['a label in front', 'x.7.113.0.203.in-addr.arpa', PTR],
    ['letters for digits', '7.113.0.2o3.in-addr.arpa', PTR],
    ['an octet over 255', '263.113.0.203.in-addr.arpa', PTR],
    ['IPv6 nibbles of two digits', V6.replace('1.0.', '10.'), PTR],
    ['IPv6 letters that are no digits', V6.replace('b.d.', 'g.d.'), PTR],
  ] as const) {
    test(`is refused for ${what}`, () => {
      using world = asking();
      given(world, response(NAME, TYPE.A, [a('203.0.113.7')]), ['ANSWER_LEARNED', 'LEARN_NEW']);
      const aaaa = record(pointer(12), TYPE.AAAA, addressOctets('2001:db8::1'));
      given(world, response(NAME, TYPE.AAAA, [aaaa]), ['ANSWER_LEARNED', 'LEARN_NEW'], TYPE.AAAA);
      assert.deepEqual(reversed(world, name, type), ['QUERY_NO_RULE', 'REPLY_REFUSED']);
    });
  }
});

describe('a query from a pod whose names are not filtered', () => {
  test('passes and is remembered, selected or not', () => {
    using world = new World();
    world.expect('pod_out', ask(query('any.example.net')), ACTION.PASS, ['QUERY_UNFILTERED']);
    assert.deepEqual([pendingOf(world)?.queries, pendingOf(world)?.handleCount], [1, 0]);
    world.select(ISOLATED, [{ select: '*.example.net' }]);
    world.expect('pod_out', ask(query('any.example.net'), 2), ACTION.PASS, ['QUERY_UNFILTERED']);
    assert.equal(pendingOf(world, 2)?.handles[0], 1);
  });

  test('that cannot be remembered passes all the same', () => {
    using world = new World();
    world.configure({ quotaPending: 0 });
    world.expect('pod_out', ask(query('any.example.net')), ACTION.PASS, ['QUERY_NOT_REMEMBERED']);
    world.expect('pod_out', ask(Buffer.alloc(3)), ACTION.PASS, ['QUERY_NOT_REMEMBERED']);
  });

  test('for a name that only an audited policy would refuse passes and is counted', () => {
    using world = new World();
    world.select(HAS_AUDIT | AUDIT_FILTER_NAMES, [{ select: 'api.example.com', query: NwQueryFlag.AUDIT_ALLOW }]);
    world.expect('pod_out', ask(query('evil.example.net')), ACTION.PASS, ['QUERY_AUDIT_REFUSE', 'QUERY_UNFILTERED']);
    world.expect('pod_out', ask(query('api.example.com'), 2), ACTION.PASS, ['QUERY_UNFILTERED']);
  });
});

describe('the node switch', () => {
  test('audit: a refusal is counted and passes; off: nothing is looked at', () => {
    using world = new World();
    world.select(FILTERED);
    world.configure({ nodeSwitch: 1 });
    world.expect('pod_out', ask(query('evil.example.net')), ACTION.PASS, ['QUERY_NO_RULE']);
    world.configure({ nodeSwitch: 2 });
    world.expect('pod_out', ask(query('evil.example.net'), 2), ACTION.PASS, ['PASS_SWITCHED_OFF']);
    world.configure({ nodeSwitch: 0 });
    world.expect('pod_out', ask(query('evil.example.net'), 3), ACTION.REDIRECT, ['QUERY_NO_RULE', 'REPLY_REFUSED']);
  });
});
