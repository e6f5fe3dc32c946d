import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { buildIndex, nameToWire, parseSelector } from '@namewall/policy';
import { NwIndex, NwPendingSize, NwReason } from '../src/gen/enums.gen.ts';
import { Kernel } from './names/kernel.ts';

let kernel: Kernel;
before(() => {
  kernel = new Kernel();
});
after(() => {
  kernel[Symbol.dispose]();
});

const pattern = (matchPattern: string) => parseSelector({ matchPattern });
const name = (matchName: string) => parseSelector({ matchName });
const matchesIn = (text: string, wire: Uint8Array): boolean => {
  kernel.use([pattern(text)], [{ number: 7, handles: [1] }]);
  return kernel.match(7, wire).handles.length > 0;
};
const label = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];
const wireOf = (...labels: string[]): Uint8Array => Uint8Array.from([...labels.flatMap(label), 0]);
const long = 'x'.repeat(63);

/** Pattern, names that it selects, names that it does not. A name is a list of labels. */
const ROWS: readonly [string, readonly string[][], readonly string[][]][] = [
  [
    'a.example.com',
    [
      ['a', 'example', 'com'],
      ['A', 'eXample', 'COM'],
    ],
    [
      ['example', 'com'],
      ['b', 'a', 'example', 'com'],
      ['a.example', 'com'],
    ],
  ],
  ['*', [[], ['com'], ['a', 'b', 'c'], ['\x00'], ['a.b', 'c']], []],
  [
    '*.cilium.io',
    [
      ['a', 'cilium', 'io'],
      [long, 'cilium', 'io'],
      ['_x', 'CILIUM', 'io'],
    ],
    [
      ['cilium', 'io'],
      ['a', 'b', 'cilium', 'io'],
      ['\xe4', 'cilium', 'io'],
      ['a.b', 'cilium', 'io'],
      ['a', 'cilium', 'io', 'evil'],
    ],
  ],
  [
    '*cilium.io',
    [
      ['cilium', 'io'],
      ['subcilium', 'io'],
    ],
    [
      ['www', 'cilium', 'io'],
      ['www.cilium', 'io'],
      ['ciliumx', 'io'],
    ],
  ],
  [
    '**.cilium.io',
    [
      ['a', 'cilium', 'io'],
      ['a', 'b', 'cilium', 'io'],
    ],
    [
      ['cilium', 'io'],
      ['evilcilium', 'io'],
      ['a', '\x00', 'cilium', 'io'],
    ],
  ],
  [
    '***.cilium.io',
    [
      ['a', 'cilium', 'io'],
      ['a', 'b', 'c', 'd', 'cilium', 'io'],
    ],
    [['cilium', 'io']],
  ],
  [
    '**.*.x',
    [
      ['a', 'b', 'x'],
      ['a', 'b', 'c', 'x'],
    ],
    [['b', 'x'], ['x']],
  ],
  [
    'a.**.x',
    [['a', 'b', 'x']],
    [
      ['a', 'x'],
      ['a', 'b', 'c', 'x'],
    ],
  ],
  [
    '*.s3.*.amazonaws.com',
    [['b', 's3', 'eu-west-1', 'amazonaws', 'com']],
    [
      ['s3', 'eu', 'amazonaws', 'com'],
      ['a', 'b', 's3', 'eu', 'amazonaws', 'com'],
    ],
  ],
  [
    '_*._tcp.example.com',
    [
      ['_sip', '_tcp', 'example', 'com'],
      ['_', '_tcp', 'example', 'com'],
    ],
    [['sip', '_tcp', 'example', 'com']],
  ],
  ['api.*', [['api', 'com']], [['api'], ['api', 'com', 'de'], ['xapi', 'com']]],
  [
    'a*b.x',
    [
      ['ab', 'x'],
      ['azb', 'x'],
    ],
    [
      ['a', 'x'],
      ['aba', 'x'],
      ['a.b', 'x'],
    ],
  ],
  [
    'ab*ba.x',
    [
      ['abba', 'x'],
      ['ab-ba', 'x'],
    ],
    [['aba', 'x']],
  ],
  [
    '*foo*.x',
    [
      ['foo', 'x'],
      ['afoob', 'x'],
      ['ffoofoo', 'x'],
    ],
    [
      ['fo', 'x'],
      ['fo.o', 'x'],
    ],
  ],
  [
    'a*b*c.x',
    [
      ['abc', 'x'],
      ['azbzcbzc', 'x'],
    ],
    [
      ['acb', 'x'],
      ['abcb', 'x'],
    ],
  ],
  [
    'longer-than-8-*-octets-each.x',
    [
      ['longer-than-8--octets-each', 'x'],
      ['longer-than-8-zz-octets-each', 'x'],
    ],
    [['longer-than-8-octets-each', 'x']],
  ],
  [
    'a-literal-of-17oct.*.x',
    [['a-literal-of-17oct', 'b', 'x']],
    [
      ['a-literal-of-17ocT-', 'b', 'x'],
      ['a-literal-of-18oct', 'b', 'x'],
    ],
  ],
  [
    'sixteen-octets-x.*.x',
    [['sixteen-octets-x', 'b', 'x']],
    [
      ['sixteen-octets-y', 'b', 'x'],
      ['sixteen_octets-x', 'b', 'x'],
    ],
  ],
  [
    '*.*.*.*.*.x',
    [['a', 'b', 'c', 'd', 'e', 'x']],
    [
      ['a', 'b', 'c', 'd', 'x'],
      ['a', 'b', 'c', 'd', 'e', 'f', 'x'],
    ],
  ],
  [
    '**.a*.b.*.c.*.x',
    [['z', 'y', 'az', 'b', 'q', 'c', 'r', 'x']],
    [
      ['az', 'b', 'q', 'c', 'r', 'x'],
      ['z', 'bz', 'b', 'q', 'c', 'r', 'x'],
    ],
  ],
  [
    `*.${long}.${long}.${long}`,
    [
      ['a', long, long, long],
      ['x'.repeat(61), long, long, long],
    ],
    [[long, long, long]],
  ],
];

suite('name_match', () => {
  for (const [text, good, bad] of ROWS) {
    test(text, () => {
      for (const labels of good) assert.equal(matchesIn(text, wireOf(...labels)), true, labels.join(' . '));
      for (const labels of bad) assert.equal(matchesIn(text, wireOf(...labels)), false, labels.join(' . '));
    });
  }

  test('patterns of another ruleset are not met, a name is left to the rules', () => {
    kernel.use(
      [pattern('*.a.com'), pattern('*.com'), name('b.a.com')],
      [
        { number: 7, handles: [1] },
        { number: 8, handles: [2, 3] },
      ],
    );
    assert.deepEqual(kernel.match(7, nameToWire('b.a.com')).handles, [3, 1]);
    assert.deepEqual(kernel.match(8, nameToWire('b.a.com')).handles, [3]);
    assert.deepEqual(kernel.match(8, nameToWire('x.com')).handles, [2]);
    assert.deepEqual(kernel.match(9, nameToWire('x.com')).handles, []);
  });

  test('what finds no room is counted', () => {
    const texts = Array.from({ length: 64 }, (_, i) => `${'*'.padStart((i % 8) + 1, 'a')}${'b'.repeat(i >> 3)}.x`);
    kernel.use(
      [name(`${'a'.repeat(8)}${'b'.repeat(8)}.x`), ...texts.map(pattern)],
      [{ number: 7, handles: texts.map((_, i) => i + 2) }],
    );
    const outcome = kernel.match(7, nameToWire(`${'a'.repeat(8)}${'b'.repeat(8)}.x`));
    assert.equal(outcome.handles[0], 1);
    assert.equal(outcome.handles.length, NwPendingSize.IDENTITIES_PER_NAME + 1);
    assert.equal(outcome.handles.length + outcome.overflow, 65);
  });

  test('a hit is verified to its last octet, a list to its ruleset', () => {
    const text = `${long}.${long}.${long}.${'y'.repeat(50)}.x`;
    const selectors = [name(text), pattern(`*.x`)].map((selector, i) => ({ handle: i + 1, selector }));
    const rulesets = [{ number: 7, handles: [2] }];
    const bytes = buildIndex({ selectors, rulesets, key: kernel.key, blocks: 64 });
    const node = 3 * NwIndex.INDEX_BLOCK + 16; // behind the header, two buckets and the node's head
    for (let at = node; at < node + text.length + 1; at += 3) {
      const wrong = bytes.slice();
      wrong[at] = (wrong[at] ?? 0) ^ 0x20;
      kernel.put(wrong);
      assert.deepEqual(kernel.match(7, nameToWire(text)).handles, [], `octet ${at - node}`);
    }
    kernel.put(bytes);
    assert.deepEqual(kernel.match(7, nameToWire(text)).handles, [1]);
  });

  test('an empty index matches nothing', () => {
    kernel.put(new Uint8Array(0));
    assert.deepEqual(kernel.match(7, nameToWire('a.com')).handles, []);
  });

  test('a pattern at every one of 127 labels is found', () => {
    const labels = Array.from({ length: 127 }, () => 'a');
    const selectors = Array.from({ length: 9 }, (_, i) => pattern(`**.${labels.slice(0, 14 * i + 1).join('.')}`));
    kernel.use(selectors, [{ number: 7, handles: selectors.map((_, i) => i + 1) }]);
    const outcome = kernel.match(7, wireOf(...labels));
    assert.deepEqual(
      outcome.handles.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });
});

suite('name_read', () => {
  const bad = -NwReason.ANSWER_BAD_NAME;
  const cases: readonly [string, Uint8Array, number][] = [
    ['the root', wireOf(), 1],
    ['one label', wireOf('com'), 5],
    ['127 labels', wireOf(...Array.from({ length: 127 }, () => 'a')), 255],
    ['255 octets', wireOf(long, long, long, 'x'.repeat(61)), 255],
    ['256 octets', wireOf(long, long, long, 'x'.repeat(62)), bad],
    ['128 labels', wireOf(...Array.from({ length: 128 }, () => 'a')), bad],
    ['a label of 64 octets', Uint8Array.from([64, ...Buffer.alloc(64, 'a'), 0]), bad],
    ['a pointer', Uint8Array.from([1, 0x61, 0xc0, 12, 0]), bad],
    ['label type 10', Uint8Array.from([0x80, 1, 0, 0]), bad],
    ['a label past the end', Uint8Array.from([5, 0x61, 0x62]), bad],
    ['no root label', Uint8Array.from([2, 0x61, 0x62]), bad],
    ['nothing', new Uint8Array(0), bad],
  ];
  for (const [what, payload, size] of cases) {
    test(what, () => assert.equal(kernel.match(7, payload).size, size));
  }

  test('what follows the name is not read', () => {
    const wire = wireOf('www', 'Example', 'com');
    const { hash } = kernel.match(7, wire);
    assert.equal(kernel.match(7, Uint8Array.from([...wire, ...Buffer.alloc(300, 'Z')])).hash, hash);
  });

  test('the folded name is kept with zeros behind, also after a longer one', () => {
    kernel.match(7, wireOf(long, long, long, 'x'.repeat(61)));
    kernel.match(7, wireOf('Www', '@[`{\xc1\xe1Z', 'COM'));
    const expected = new Uint8Array(256);
    expected.set(wireOf('www', '@[`{\xc1\xe1z', 'com'));
    assert.deepEqual(kernel.wire(), expected);
  });

  test('every cut of a name is bad', () => {
    const wire = wireOf('www', 'example', 'com');
    for (let length = 0; length < wire.length; length++) {
      assert.equal(kernel.match(7, wire.subarray(0, length)).size, bad, `${length} octets`);
    }
  });
});
