import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceparent, newTraceparent, parseTraceparent } from './traceparent.ts';

const TEXT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('what is parsed is written back', () => {
  const parsed = parseTraceparent(TEXT);
  assert.deepEqual(parsed, {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    sampled: true,
  });
  assert.equal(formatTraceparent(parsed), TEXT);
  assert.equal(parseTraceparent(`01${TEXT.slice(2)}-more`)?.sampled, true);
});

const NOT = [
  '',
  TEXT.toUpperCase(),
  `ff${TEXT.slice(2)}`,
  `${TEXT}-more`,
  TEXT.slice(0, -1),
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
];
for (const text of NOT) test(`not a traceparent: "${text}"`, () => assert.equal(parseTraceparent(text), undefined));

test('a new one is valid; a child keeps its trace', () => {
  const parent = newTraceparent();
  assert.deepEqual(parseTraceparent(formatTraceparent(parent)), parent);
  const child = newTraceparent(parent);
  assert.equal(child.traceId, parent.traceId);
  assert.notEqual(child.spanId, parent.spanId);
});
