import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Ruleset } from '@namewall/protocol';
import { FormerRulesets } from './former.ts';

const ruleset: Ruleset = { flags: 0, names: [], cidrs: [], durations: null, policies: [] };

test('the latest are kept, the oldest go first, one that comes again is a latest', () => {
  const former = new FormerRulesets();
  for (let number = 1; number <= 16; number++) former.keep(number, { id: `id${number}`, ruleset });
  former.keep(1, { id: 'id1', ruleset });
  former.keep(17, { id: 'id17', ruleset });
  assert.deepEqual([former.get(2), former.get(1)?.id, former.get(3)?.id], [undefined, 'id1', 'id3']);
});

test('they are bounded by their selectors, too', () => {
  const large = (length: number): Ruleset => ({
    ...ruleset,
    names: Array.from({ length }, (_, i) => ({ selector: `v1|n|n${i}.example`, query: 1, rows: [] })),
  });
  const former = new FormerRulesets();
  former.keep(1, { id: 'id1', ruleset: large(3000) });
  former.keep(2, { id: 'id2', ruleset: large(1000) });
  assert.equal(former.get(1)?.id, 'id1');
  former.keep(3, { id: 'id3', ruleset: large(1000) });
  assert.deepEqual([former.get(1), former.get(2)?.id, former.get(3)?.id], [undefined, 'id2', 'id3']);
  former.keep(4, { id: 'id4', ruleset: large(5000) });
  assert.deepEqual(
    [2, 3, 4].map((number) => former.get(number)),
    [undefined, undefined, undefined],
  );
  former.keep(5, { id: 'id5', ruleset: large(4096) });
  assert.equal(former.get(5)?.id, 'id5');
});
