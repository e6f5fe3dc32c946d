import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCapabilities } from './capabilities.ts';

test('the effective set is read, not the others', () => {
  const status = 'Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t0000008000001000\nCapBnd:\t000001ffffffffff\n';
  assert.deepEqual([...parseCapabilities(status)], ['CAP_NET_ADMIN', 'CAP_BPF']);
  assert.deepEqual([...parseCapabilities('Name:\tnode\n')], []);
});
