import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseAddress } from '@namewall/policy/names';
import type { Endpoint } from '@namewall/protocol';
import { type NamespacesWith, locate } from './locate.ts';

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
const hex = (address: Uint8Array): string => Buffer.from(address).toString('hex');
const HELD: Readonly<Record<string, readonly string[]>> = {
  '/run/netns/a': ['192.0.2.1', '192.0.2.2'],
  '/run/netns/b': ['192.0.2.2', '2001:db8::2'],
};
const namespaces: NamespacesWith = (addresses, isTaken) =>
  Object.keys(HELD).filter((path) => {
    if (isTaken(path)) return false;
    const held = HELD[path]?.map((text) => hex(parseAddress(text)));
    return addresses.every((address) => held?.includes(hex(address)));
  });
const nobody = (): boolean => false;

test('the path that the source knows is taken when it is there, whatever the addresses', () => {
  assert.deepEqual(
    locate(pod('/run/netns/x', '192.0.2.1'), namespaces, nobody, () => true),
    ['/run/netns/x'],
  );
  assert.deepEqual(
    locate(pod('/run/netns/x', '192.0.2.1'), namespaces, nobody, () => false),
    [],
  );
});

test('else the namespace that has all of its addresses', () => {
  assert.deepEqual(locate(pod('', '192.0.2.2', '2001:db8::2'), namespaces, nobody), ['/run/netns/b']);
  assert.deepEqual(locate(pod('', '192.0.2.1', '2001:db8::2'), namespaces, nobody), []);
  assert.deepEqual(
    locate(pod(''), () => assert.fail('nothing to look for'), nobody),
    [],
  );
});

test('a namespace that is another pod’s is none of this one, whatever addresses it has', () => {
  const victim = pod('', '192.0.2.2');
  assert.deepEqual(locate(victim, namespaces, nobody), ['/run/netns/a', '/run/netns/b'], 'the control');
  const isTaken = (path: string): boolean => path === '/run/netns/a';
  assert.deepEqual(locate(victim, namespaces, isTaken), ['/run/netns/b']);
});
