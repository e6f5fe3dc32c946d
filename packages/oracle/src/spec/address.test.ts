import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBehind, carriedBy, isIn, reverseOf, sameAddress } from './address.ts';

test('a prefix holds addresses of its own family that begin with its bits', () => {
  assert.ok(isIn('192.0.2.0/23', '192.0.3.255') && !isIn('192.0.2.0/23', '192.0.4.0'));
  assert.ok(isIn('0.0.0.0/0', '203.0.113.9') && !isIn('::/0', '203.0.113.9'));
  assert.ok(isIn('::/0', '2001:db8::1') && !isIn('0.0.0.0/0', '2001:db8::1'));
  assert.ok(isIn('2001:db8::1/128', '2001:db8:0::1') && !isIn('2001:db8::/33', '2001:db8:8000::'));
});

test('a reverse name and its address', () => {
  for (const address of ['192.0.2.1', '2001:db8::1']) {
    assert.ok(sameAddress(addressBehind(reverseOf(address)) ?? '', address), address);
  }
  for (const name of ['2.0.192.in-addr.arpa', '256.2.0.192.in-addr.arpa', 'x.ip6.arpa', 'a.example']) {
    assert.equal(addressBehind(name), undefined, name);
  }
});

test('what a translator would make of an address', () => {
  assert.equal(carriedBy('64:ff9b::c000:201'), '192.0.2.1');
  assert.equal(carriedBy('2002:c000:201::1'), '192.0.2.1');
  assert.equal(carriedBy('2001:db8::1'), undefined);
});
