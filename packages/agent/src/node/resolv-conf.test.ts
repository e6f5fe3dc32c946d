import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSearch, readSearch } from './resolv-conf.ts';

test('the last search or domain line counts', () => {
  assert.deepEqual(parseSearch('domain old.example\nnameserver 192.0.2.1\nsearch corp.example\ta.example \n'), [
    'corp.example',
    'a.example',
  ]);
  assert.deepEqual(parseSearch('search corp.example\ndomain new.example\n'), ['new.example']);
});

test('no line, a commented one and the root are no suffixes', () => {
  for (const text of ['', '# search a.example\n', 'search .\n', 'searching a.example\n']) {
    assert.deepEqual(parseSearch(text), [], text);
  }
});

test('a file that is not there has none', () => {
  assert.deepEqual(readSearch('/nonexistent/resolv.conf'), []);
});
