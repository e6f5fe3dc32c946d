import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseAddress } from '@namewall/policy/names';
import type { Endpoint } from '@namewall/protocol';
import { type NamespaceWith, locate } from './locate.ts';

const pod = (netns: string, ...addresses: string[]): Endpoint => ({
  uid: 'u',
  namespace: 'n',
  name: 'p',
  ruleset: '',
  search: [],
  netns,
  dnsPolicy: '',
  addresses: addresses.map((a) => Buffer.from(parseAddress(a))),
});
/** Of one namespace that has one address. */
const namespaces: NamespaceWith = (addresses) => {
  const [first, ...more] = addresses.map((address) => Buffer.from(address).toString('hex'));
  const own = Buffer.from(parseAddress('192.0.2.2')).toString('hex');
  return first === own && more.length === 0 ? '/run/netns/b' : undefined;
};

test('the path that the source knows is taken when it is there, whatever the addresses', () => {
  assert.equal(
    locate(pod('/run/netns/x', '192.0.2.1'), namespaces, () => true),
    '/run/netns/x',
  );
  assert.equal(
    locate(pod('/run/netns/x', '192.0.2.1'), namespaces, () => false),
    undefined,
  );
});

test('else the namespace that has all of its addresses', () => {
  assert.equal(locate(pod('', '192.0.2.2'), namespaces), '/run/netns/b');
  assert.equal(locate(pod('', '192.0.2.2', '2001:db8::2'), namespaces), undefined);
  assert.equal(
    locate(pod(''), () => assert.fail('nothing to look for')),
    undefined,
  );
});
