import { test } from 'node:test';
import assert from 'node:assert/strict';
import { renderFields, renderTable } from './table.ts';

test('columns are as wide as their widest cell, numbers stand at the right', () => {
  const text = renderTable(
    [
      { title: 'NAME', value: (r: { n: string; c: number }) => r.n },
      { title: 'COUNT', value: (r) => String(r.c), right: true },
    ],
    [
      { n: 'a', c: 5 },
      { n: 'longer', c: 1234567 },
    ],
  );
  assert.equal(text, 'NAME      COUNT\na             5\nlonger  1234567\n');
});

test('no cell is empty, none ends in blanks, none carries control characters', () => {
  const text = renderTable(
    [
      { title: 'A', value: (r: string) => r },
      { title: 'B', value: () => '' },
    ],
    ['x\u001b[31m'],
  );
  assert.equal(text, 'A       B\nx?[31m  -\n');
});

test('a table of nothing is its titles', () => {
  assert.equal(
    renderTable(
      [
        { title: 'A', value: String },
        { title: 'B', value: String },
      ],
      [],
    ),
    'A  B\n',
  );
});

test('fields stand under each other', () => {
  assert.equal(
    renderFields([
      ['agent', '0.1.0'],
      ['node switch', 'on'],
    ]),
    'agent:       0.1.0\nnode switch: on\n',
  );
});
