import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, errnoNumber } from './errno.ts';

test('numbers and names, of either sign', () => {
  assert.equal(errnoName(1), 'EPERM');
  assert.equal(errnoName(-2), 'ENOENT');
  assert.equal(errnoName(524), 'ENOTSUPP');
  assert.equal(errnoName(9999), 'E9999');
  assert.equal(errnoNumber('ENOENT'), 2);
  assert.equal(errnoNumber('ENOSUCH'), undefined);
});

test('every name that Node knows has the same number here', () => {
  const aliases = new Set(['EWOULDBLOCK', 'ENOTSUP']);
  for (const [name, number] of Object.entries(constants.errno)) {
    if (!aliases.has(name)) assert.equal(errnoNumber(name), number, name);
  }
});
