import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseAddress } from '@namewall/policy';
import { formatBytes, formatPeer, formatSelector, formatSpan, toJson } from './text.ts';

test('spans show two units at most', () => {
  assert.deepEqual([0, 999, 59_000, 60_000, 61_000, 3_600_000, 5_400_000, 90_061_000, 86_400_000].map(formatSpan), [
    '0s',
    '0s',
    '59s',
    '1m',
    '1m1s',
    '1h',
    '1h30m',
    '1d1h',
    '1d',
  ]);
  assert.equal(formatSpan(-5000n), 'expired 5s ago');
});

test('peers, selectors, sizes', () => {
  assert.equal(formatPeer(parseAddress('192.0.2.1'), 443), '192.0.2.1:443');
  assert.equal(formatPeer(parseAddress('2001:db8::1'), 443), '[2001:db8::1]:443');
  assert.equal(formatPeer(parseAddress('2001:db8::1'), 0), '2001:db8::1');
  assert.equal(formatSelector('v1|p|*.s3.example'), '*.s3.example');
  assert.deepEqual([512n, 1536n, 5n << 20n].map(formatBytes), ['512 B', '1.5 KiB', '5.0 MiB']);
});

test('json has addresses as text and numbers as numbers', () => {
  const line = toJson({
    address: parseAddress('192.0.2.1'),
    also: Buffer.from(parseAddress('::1')),
    n: 5n,
    none: new Uint8Array(),
  });
  assert.equal(line, '{"address":"192.0.2.1","also":"::1","n":5,"none":""}');
});
