import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CidrKey, Rule } from '@namewall/datapath';
import { planRuleset } from './rules.ts';

const row = { precedence: 3000, protocol: 6, portFirst: 443, portLast: 443, flags: 0, policy: 1 };

test('a ruleset becomes rows under its number, CIDRs keyed behind the number’s 32 bits', () => {
  const { value, rules, cidrs } = planRuleset(
    5,
    {
      flags: 3,
      names: [{ selector: 'v1|n|a.example', query: 1, rows: [row, { ...row, portFirst: 80, portLast: 80 }] }],
      cidrs: [{ prefix: Buffer.alloc(16), prefixLength: 96, rows: [row] }],
      durations: null,
      policies: [],
    },
    () => 9,
  );
  const [[key, rule] = []] = rules;
  const [[cidr, range] = []] = cidrs;
  assert.ok(rule && cidr && range);
  assert.deepEqual([value.number, value.flags, value.ttlFloor], [5, 3, 0n]);
  assert.deepEqual(key, { ruleset: 5, handle: 9 });
  assert.deepEqual([rule.count, rule.query], [2, 1]);
  assert.equal(cidr.prefixLength, 128);
  assert.equal(Rule.encode(range).length, Rule.size);
  assert.equal(CidrKey.encode(cidr).length, CidrKey.size);
});
