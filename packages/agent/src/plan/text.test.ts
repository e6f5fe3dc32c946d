import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalText } from './text.ts';

test("a refusal names the first policy, at most 64 octets, and hides a cluster policy's name", () => {
  const policy = { kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'egress' };
  assert.equal(refusalText([policy, { ...policy, name: 'other' }]), 'FQDNNetworkPolicy/shop/egress');
  assert.equal(refusalText([{ ...policy, name: 'x'.repeat(99) }]).length, 64);
  assert.equal(refusalText([{ kind: 'ClusterFQDNNetworkPolicy', namespace: '', name: 'secret' }]), 'cluster policy');
  assert.equal(refusalText([]), '');
});
