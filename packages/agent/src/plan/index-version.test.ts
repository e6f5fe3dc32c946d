import { test } from 'node:test';
import assert from 'node:assert/strict';
import { indexVersion } from './index-version.ts';

test('order does not matter, content does', () => {
  const version = indexVersion([
    { number: 1, handles: [3, 2] },
    { number: 2, handles: [] },
  ]);
  assert.equal(version.length, 16);
  assert.deepEqual(
    indexVersion([
      { number: 2, handles: [] },
      { number: 1, handles: [2, 3] },
    ]),
    version,
  );
  assert.notDeepEqual(
    indexVersion([
      { number: 1, handles: [2] },
      { number: 2, handles: [3] },
    ]),
    version,
  );
  assert.notDeepEqual(indexVersion([{ number: 1, handles: [2, 3] }]), version);
});
