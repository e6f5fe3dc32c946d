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
