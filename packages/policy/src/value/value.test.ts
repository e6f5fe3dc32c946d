import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ValueError } from '../errors.ts';
import { formatAddress, parseAddress } from './address.ts';
import { covers, formatCidr, parseCidr } from './cidr.ts';
import { parseDuration } from './duration.ts';

test('durations', () => {
  assert.equal(parseDuration('30s'), 30_000_000_000n);
  assert.equal(parseDuration('1h30m'), 5_400_000_000_000n);
  assert.equal(parseDuration('250ms'), 250_000_000n);
  assert.equal(parseDuration('0s'), 0n);
  for (const text of ['', '30', '-1s', '1.5h', '1d', 's', '1 s']) assert.throws(() => parseDuration(text), ValueError);
});

test('addresses', () => {
  const rows = [
    '192.0.2.1',
    '::',
    '::1',
    '2001:db8::1',
    '2001:db8:0:1:0:0:0:1',
    'fe80::1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '2001:db8::',
  ];
  for (const text of rows) {
    const address = parseAddress(text);
    assert.equal(address.length, 16);
    assert.deepEqual(parseAddress(formatAddress(address)), address, text);
  }
  assert.equal(formatAddress(parseAddress('2001:DB8:0:1::1')), '2001:db8:0:1::1');
  assert.equal(formatAddress(parseAddress('::ffff:192.0.2.1')), '192.0.2.1');
  for (const text of ['', '192.0.2', '192.0.2.01', 'fe80::1%eth0', 'x', '1::2::3']) {
    assert.throws(() => parseAddress(text), ValueError, text);
  }
});

test('any address survives being written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
      assert.deepEqual(parseAddress(formatAddress(address)), address);
    }),
  );
});

test('a prefix covers what begins with it, and IPv6 never IPv4', () => {
  const rows: readonly [string, string, boolean][] = [
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/8', false],
    ['0.0.0.0/0', '192.0.2.1/32', true],
    ['::/0', '2001:db8::/32', true],
    ['::/0', '192.0.2.1/32', false],
    ['2001:db8::/33', '2001:db8:8000::/33', false],
  ];
  for (const [outer, inner, wanted] of rows) {
    assert.equal(covers(parseCidr(outer), parseCidr(inner)), wanted, `${outer} and ${inner}`);
    assert.equal(formatCidr(parseCidr(outer)), outer);
  }
});
