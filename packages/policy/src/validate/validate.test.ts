import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policy } from '../testing.ts';
import { ACCEPTED, REFUSED } from './tables.ts';
import { validate } from './validate.ts';

for (const { says, doc } of ACCEPTED) {
  test(`accepted: ${says}`, () => {
    const result = validate(doc);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.value, doc);
  });
}

for (const { says, doc, path, reason, fix } of REFUSED) {
  test(`refused: ${says}`, () => {
    const result = validate(doc);
    assert.ok(!result.ok);
    const found = result.errors.find((error) => error.path.join('/') === path);
    assert.ok(found, JSON.stringify(result));
    assert.match(found.reason, reason);
    assert.match(found.fix, fix);
  });
}

test('every error of a document is reported at once', () => {
  const result = validate({
    ...policy('p', {}),
    spec: { podSelector: {}, egres: [], strictDeny: 'yes', egressDeny: [{ to: [] }] },
  });
  assert.equal(result.ok ? 0 : result.errors.length, 3);
});
