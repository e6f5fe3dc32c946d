import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

test('seconds and seed are whole numbers, a minute and none unless given', () => {
  assert.equal(parseOptions([]).seconds, 60);
  assert.equal(parseOptions([]).seed, undefined);
  assert.equal(parseOptions(['--seed', '4294967295']).seed, 0xffff_ffff);
});

test('what is wrong is said with what it may be', () => {
  assert.throws(() => parseOptions(['--seconds', '1.5']), /--seconds is "1.5": give a whole number up to/);
  assert.throws(() => parseOptions(['--seed', '4294967296']), /up to 4294967295/);
  assert.throws(() => parseOptions(['--corpus', 'a', '--replay', 'b']), /not both/);
});
