import assert from 'node:assert/strict';
import { test } from 'node:test';
import { camel, emitAll, memberNames, pascal } from './emit.ts';

test('C names become TypeScript names', () => {
  assert.equal(pascal('rule_key'), 'RuleKey');
  assert.equal(camel('endpoint_count'), 'endpointCount');
});

test("enum members lose what they all carry of the enum's name", () => {
  const names = (name: string, ...members: string[]): string[] =>
    memberNames({ name, values: members.map((member) => [member, 0]) }).map(([member]) => member);
  assert.deepEqual(names('nw_row_flag', 'NW_ROW_DENY', 'NW_ROW_AUDIT'), ['DENY', 'AUDIT']);
  assert.deepEqual(names('nw_reason', 'NW_REASON_NONE', 'NW_QUERY_DENIED'), ['REASON_NONE', 'QUERY_DENIED']);
  assert.deepEqual(names('nw_program', 'NW_PROGRAM_POD_IN', 'NW_PROGRAMS'), ['POD_IN', 'PROGRAMS']);
});

test('a struct stands behind the structs that it holds', () => {
  const model = {
    enums: [],
    maps: [],
    structs: [
      {
        name: 'a',
        size: 8,
        fields: [{ name: 'rows', offset: 0, shape: { kind: 'array', length: 1, of: { kind: 'struct', name: 'b' } } }],
      },
      { name: 'b', size: 8, fields: [{ name: 'n', offset: 0, shape: { kind: 'u64' } }] },
    ],
  } as const;
  const source = emitAll(model).get('packages/datapath/src/gen/structs.gen.ts') ?? '';
  assert.ok(source.indexOf('interface B') < source.indexOf('interface A'));
  assert.match(source, /\['rows', 0, array\(B, 1\)\]/);
});
