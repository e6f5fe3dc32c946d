import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, matchesText } from './match.ts';
import { nameToWire } from './name.ts';
import { parseSelector } from './selector.ts';

interface Row {
  readonly says: string;
  readonly pattern: string;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    says: 'a name is itself alone',
    pattern: 'cilium.io',
    yes: ['cilium.io', 'CILIUM.io.'],
    no: ['a.cilium.io', 'io', '.'],
  },
  {
    says: 'a star is one label',
    pattern: '*.cilium.io',
    yes: ['a.cilium.io', '_x.cilium.io', '-.cilium.io'],
    no: ['cilium.io', 'a.b.cilium.io'],
  },
  {
    says: 'a star may stand for nothing',
    pattern: '*cilium.io',
    yes: ['cilium.io', 'subcilium.io'],
    no: ['www.cilium.io', 'ciliumx.io'],
  },
  {
    says: 'suffixes are whole labels',
    pattern: '*.example.com',
    yes: ['a.example.com'],
    no: ['example.com', 'evilexample.com', 'a.evilexample.com', 'a.example.com.evil'],
  },
  { says: 'the lone star is every name', pattern: '*', yes: ['.', 'a', 'a.b.c', 'we\\032ird.\\255'], no: [] },
  { says: 'the lone star with a dot is the same', pattern: '*.', yes: ['.', 'a', 'a.b'], no: [] },
  { says: 'nothing but stars is the lone star', pattern: '**', yes: ['.', 'a', 'a.b'], no: [] },
  {
    says: 'a leading double star is one or more labels',
    pattern: '**.cilium.io',
    yes: ['a.cilium.io', 'a.b.c.cilium.io'],
    no: ['cilium.io', 'acilium.io', '.'],
  },
  { says: 'three stars are two', pattern: '***.cilium.io', yes: ['a.cilium.io', 'a.b.cilium.io'], no: ['cilium.io'] },
  { says: 'a double star and a star need two labels', pattern: '**.*.x', yes: ['a.b.x', 'a.b.c.x'], no: ['a.x', 'x'] },
  { says: 'a double star that does not lead is a star', pattern: 'a.**.x', yes: ['a.b.x'], no: ['a.b.c.x', 'a.x'] },
  { says: 'a double star without a dot is a star', pattern: '**x.y', yes: ['x.y', 'ax.y'], no: ['a.x.y'] },
  {
    says: 'stars between labels',
    pattern: '*.s3.*.example',
    yes: ['b.s3.eu.example'],
    no: ['s3.eu.example', 'b.s3.example', 'b.s3.a.b.example'],
  },
  {
    says: 'stars inside a label',
    pattern: 'a*b*c.x',
    yes: ['abc.x', 'a-b-c.x', 'abbc.x', 'abcbc.x'],
    no: ['ab.x', 'acb.x', 'abcd.x'],
  },
  { says: 'literal parts never overlap', pattern: 'ab*ba.x', yes: ['abba.x', 'ab1ba.x'], no: ['aba.x'] },
  { says: 'service names', pattern: '_*._tcp.x', yes: ['_sip._tcp.x', '_._tcp.x'], no: ['sip._tcp.x', '_sip._udp.x'] },
  { says: 'a star in the last label', pattern: 'a.c*', yes: ['a.c', 'a.com'], no: ['a', 'a.b.com', 'a.org'] },
  { says: 'case does not matter', pattern: '*.ExAmple', yes: ['A.eXAMPLE'], no: ['a.exampl'] },
];

for (const { says, pattern, yes, no } of ROWS) {
  test(`${says}: ${pattern}`, () => {
    const selector = parseSelector({ matchPattern: pattern });
    for (const name of yes) assert.equal(matchesText(selector, name), true, name);
    for (const name of no) assert.equal(matchesText(selector, name), false, name);
  });
}

test('the root is selected by the lone star alone', () => {
  for (const { pattern } of ROWS) {
    const selector = parseSelector({ matchPattern: pattern });
    assert.equal(matchesText(selector, '.'), selector.text === '*', pattern);
  }
});

test('a dot inside a label is no separator', () => {
  const wire = nameToWire('a\\.b.x');
  for (const pattern of ['a.b.x', '*.b.x', '**.b.x', '*.x', '**.x', 'a*b.x']) {
    assert.equal(matches(parseSelector({ matchPattern: pattern }), wire), false, pattern);
  }
});

test('a wildcard stands for letters, digits, dash and underscore only', () => {
  const star = parseSelector({ matchPattern: '*.x' });
  const deep = parseSelector({ matchPattern: '**.x' });
  for (let octet = 0; octet < 256; octet += 1) {
    const wanted = /[-a-zA-Z0-9_]/.test(String.fromCharCode(octet));
    const wire = Uint8Array.of(1, octet, 1, 0x78, 0);
    assert.equal(matches(star, wire), wanted, `* and octet ${octet}`);
    assert.equal(matches(deep, wire), wanted, `** and octet ${octet}`);
  }
});

test('many stars take no long time', () => {
  const selector = parseSelector({ matchPattern: `${'*a'.repeat(30)}*b.x` });
  assert.equal(matchesText(selector, `${'a'.repeat(63)}.x`), false);
});
