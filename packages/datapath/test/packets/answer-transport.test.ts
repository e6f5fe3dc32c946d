import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReasonName } from '../../src/counters.ts';
import type { IpOptions } from './frames.ts';
import { a, answer, ask, asking, NAME } from './asking.ts';
import { ip, POD, POD6, udp } from './frames.ts';
import { query, response, TYPE } from './messages.ts';
import { ACTION, ENDPOINT, MINUTE, RESOLVER, RESOLVER6 } from './world.ts';

const message = response(NAME, TYPE.A, [a('203.0.113.1')]);
const back = { source: RESOLVER, destination: POD, sourcePort: 53, destinationPort: 40000 };
const back6 = { source: RESOLVER6, destination: POD6, sourcePort: 53, destinationPort: 40000 };
const padding = Buffer.from([17, 0, 1, 4, 0, 0, 0, 0]);

describe('an answer is found where it stands', () => {
  const rows: readonly (readonly [string, typeof back, IpOptions])[] = [
    ['behind IP options', back, { extra: Buffer.alloc(12, 1) }],
    ['behind an extension header', back6, { firstExtension: 60, extra: padding }],
    [
      'behind two extension headers',
      back6,
      { firstExtension: 0, extra: Buffer.concat([Buffer.from([60, 0, 1, 4, 0, 0, 0, 0]), padding]) },
    ],
    ['in a VLAN tag', back, { vlan: Buffer.from('81000064', 'hex') }],
    ['in two VLAN tags', back6, { vlan: Buffer.from('88a8000281000064', 'hex') }],
  ];
  for (const [what, ends, options] of rows) {
    test(what, () => {
      using world = asking();
      const out = { source: ends.destination, destination: ends.source, sourcePort: 40000, destinationPort: 53 };
      world.run('pod_out', udp(out, query(NAME)));
      world.expect('pod_in', udp(ends, message, options), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
    });
  }

  test('no octet count under a DNS header is read as one', () => {
    for (let size = 0; size < 12; size++) {
      using world = asking();
      ask(world);
      world.expect('pod_in', answer(message.subarray(0, size)), ACTION.PASS, ['ANSWER_SHORT']);
    }
  });

  test('several datagrams still in one packet have a message each, which ends with its datagram', () => {
    using world = asking();
    const other = 'www.other.example';
    const wide = response(NAME, TYPE.A, [a('203.0.113.1'), a('203.0.113.2')]);
    const last = response(other, TYPE.A, [a('203.0.113.3')], { id: 2 });
    ask(world);
    ask(world, query(other, TYPE.A, { id: 2 }));
    const given = (payload: Buffer, gsoSize: number): readonly ReasonName[] =>
      world.run('pod_in', udp(back, payload), ENDPOINT, { gsoSize }).counted.toSorted();

    // A record that only the next datagram has.
    const cut = wide.length - 16;
    assert.deepEqual(given(wide, cut), ['ANSWER_CUT_RECORD', 'ANSWER_UNSOLICITED']);
    assert.equal(world.learnedCount(), 0);
    assert.deepEqual(given(Buffer.concat([wide, last]), wide.length), [
      'ANSWER_LEARNED',
      'ANSWER_LEARNED',
      'LEARN_NEW',
      'LEARN_NEW',
      'LEARN_NEW',
    ]);
    assert.deepEqual([world.learned('203.0.113.2'), world.learned('203.0.113.3')], [[1], [2]]);
  });

  test('fragments, first and later, whatever they overlap, are never parsed', () => {
    using world = asking();
    ask(world);
    for (const fragment of [0x2000, 0x2001, 0x0001, 0x1fff]) {
      world.expect('pod_in', udp(back, message, { fragment }), ACTION.PASS, ['ANSWER_FRAGMENT']);
    }
    const header = Buffer.from([17, 0, 0, 1, 0, 0, 0, 9]);
    const segment = udp(back6, message).subarray(54);
    world.expect('pod_in', ip(back6, 17, segment, { firstExtension: 44, extra: header }), ACTION.PASS, [
      'ANSWER_FRAGMENT',
    ]);
    assert.equal(world.learnedCount(), 0);
  });

  test('multicast DNS and LLMNR teach nothing', () => {
    using world = asking();
    ask(world);
    for (const port of [5353, 5355]) {
      world.run('pod_in', udp({ ...back, sourcePort: port }, message));
      world.run('pod_in', udp({ ...back, source: '224.0.0.251', sourcePort: port }, message));
    }
    assert.equal(world.learnedCount(), 0);
  });
});

test('time is monotonic: what a jump of the test clock expires was not expired by the wall clock', () => {
  using world = asking();
  ask(world);
  world.expect('pod_in', answer(message), ACTION.PASS, ['ANSWER_LEARNED', 'LEARN_NEW']);
  const config = world.maps.config.get(0);
  assert.equal(config?.clockOffset, 0n);
  world.advance(MINUTE);
  assert.deepEqual(world.learned('203.0.113.1'), [1]);
});
