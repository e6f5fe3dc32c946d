import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameHash, nameToWire } from '@namewall/policy/names';
import { searchListOf, suffixesOf } from './search.ts';

const key = Uint32Array.from({ length: 68 }, (_, i) => i * 2654435761);

test('a search list is its suffixes by length and hash, folded', () => {
  const list = searchListOf(5, ['Shop.svc.cluster.local', 'corp.example'], key);
  assert.deepEqual([list.endpoint, list.count, list.lengths[0], list.lengths[1]], [5, 2, 23, 13]);
  assert.equal(list.hashes[0], nameHash(nameToWire('shop.svc.cluster.local'), key));
});

test('the root, what is no name and what is too much are left out', () => {
  const many = Array.from({ length: 20 }, (_, i) => `s${i}.example`);
  assert.equal(searchListOf(1, ['.', 'a..b', ...many], key).count, 16);
  assert.equal(searchListOf(1, [], key).count, 0);
});

test("a pod has the node's suffixes too, unless it brings its whole configuration along", () => {
  const search = ['shop.svc.cluster.local', 'corp.example'];
  for (const dnsPolicy of ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default']) {
    const all = suffixesOf({ search, dnsPolicy }, ['corp.example', 'node.example']);
    assert.deepEqual(all, [...search, 'node.example'], dnsPolicy);
  }
  assert.deepEqual(suffixesOf({ search, dnsPolicy: 'None' }, ['node.example']), search);
});
