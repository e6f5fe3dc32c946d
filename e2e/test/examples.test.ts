/** The documents in examples/, and those the lab writes, are what the operator accepts. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { validate } from '@namewall/policy';
import { parseAllDocuments } from 'yaml';
import { configManifest } from '../src/lab/manifests.ts';
import { auditedPolicy, editedPolicy } from '../src/lab/scenario.ts';

const EXAMPLES = path.join(import.meta.dirname, '../../examples');

function problems(text: string): unknown[] {
  return parseAllDocuments(text).flatMap((document) => {
    const result = validate(document.toJS());
    return [...document.errors, ...(result.ok ? result.warnings : result.errors)];
  });
}

describe('examples', () => {
  const files = readdirSync(EXAMPLES, { recursive: true }).map(String);
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    it(`${file} is valid and draws no warning`, () => {
      assert.deepEqual(problems(readFileSync(path.join(EXAMPLES, file), 'utf8')), []);
    });
  }

  it('lists every file in its README', () => {
    const text = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
    assert.deepEqual(
      files.filter((name) => name.endsWith('.yaml') && !text.includes(`](${name})`)),
      [],
    );
  });

  it('are edited by the demo into something valid', () => {
    for (const policy of [auditedPolicy(), editedPolicy()]) assert.deepEqual(problems(policy), []);
    assert.deepEqual(problems(configManifest({ durations: ['ttlFloor: 1s'], quotas: ['learned: 40000'] })), []);
  });
});
