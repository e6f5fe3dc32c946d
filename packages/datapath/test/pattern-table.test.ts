import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { matchesText, nameToWire, parseSelector } from '@namewall/policy';
import { Kernel } from './names/kernel.ts';

/** Fifteen patterns, all of one ruleset: what a name meets is decided among all of them. */
const PATTERNS = [
  /* 1 */ 'example.com',
  /* 2 */ '*.example.com',
  /* 3 */ '**.example.com',
  /* 4 */ '*example.com',
  /* 5 */ 'api*.example.com',
  /* 6 */ '*.*.example.com',
  /* 7 */ '_*._tcp.example.com',
  /* 8 */ '_sip._tcp.*.com',
  /* 9 */ '**._udp.example.com',
  /* 10 */ 'a.**.example.com',
  /* 11 */ '*',
  /* 12 */ '*.com',
  /* 13 */ '**.com',
  /* 14 */ 'com',
  /* 15 */ '*-*.example.com',
] as const;

/** A name and the patterns that select it, by their numbers. */
const TABLE: readonly (readonly [name: string, ...patterns: number[]])[] = [
  ['.', 11],
  ['com', 11, 14],
  ['example.com', 1, 4, 11, 12, 13],
  ['EXAMPLE.Com.', 1, 4, 11, 12, 13],
  ['xexample.com', 4, 11, 12, 13],
  ['example.com.evil', 11],
  ['example.org', 11],
  ['www.example.com', 2, 3, 11, 13],
  ['api.example.com', 2, 3, 5, 11, 13],
  ['api-2.example.com', 2, 3, 5, 11, 13, 15],
  ['xapi.example.com', 2, 3, 11, 13],
  ['-.example.com', 2, 3, 11, 13, 15],
  ['a.b.example.com', 3, 6, 10, 11, 13],
  ['a.b.c.example.com', 3, 11, 13],
  ['_sip._tcp.example.com', 3, 6, 7, 8, 11, 13],
  ['_SIP._TCP.example.com', 3, 6, 7, 8, 11, 13],
  ['_._tcp.example.com', 3, 6, 7, 11, 13],
  ['sip._tcp.example.com', 3, 6, 11, 13],
  ['_sip._tcp.other.com', 8, 11, 13],
  ['_sip._udp.example.com', 3, 6, 9, 11, 13],
  ['_a._sip._udp.example.com', 3, 9, 11, 13],
  ['_udp.example.com', 2, 3, 11, 13],
  ['w\\.ww.example.com', 11],
  ['w\\000w.example.com', 11],
  ['\\228.example.com', 11],
];

describe('fifteen patterns in one ruleset', () => {
  const selectors = PATTERNS.map((matchPattern) => parseSelector({ matchPattern }));
  const handles = selectors.map((_, i) => i + 1);
  let kernel: Kernel;
  before(() => {
    kernel = new Kernel();
    kernel.use(selectors, [{ number: 7, handles }]);
  });
  after(() => {
    kernel[Symbol.dispose]();
  });

  for (const [name, ...patterns] of TABLE) {
    test(`${name} is selected by ${patterns.map((number) => PATTERNS[number - 1]).join(' and ')}`, () => {
      const outcome = kernel.match(7, nameToWire(name));
      assert.deepEqual(
        outcome.handles.toSorted((a, b) => a - b),
        patterns,
        'the kernel',
      );
      assert.equal(outcome.overflow, 0);
      const reference = handles.filter((_, i) => {
        const selector = selectors[i];
        return selector !== undefined && matchesText(selector, name);
      });
      assert.deepEqual(reference, patterns, 'the reference');
    });
  }

  test('every pattern selects some name of the table and leaves another', () => {
    for (const number of handles) {
      const selected = TABLE.filter(([, ...patterns]) => patterns.includes(number)).length;
      assert.ok(selected > 0 && (selected < TABLE.length || PATTERNS[number - 1] === '*'), PATTERNS[number - 1] ?? '');
    }
  });
});
