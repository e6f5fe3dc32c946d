import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../errors.ts';
import { validate } from './validate.ts';

const GOOD = `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata: {name: a, namespace: n}
spec:
  podSelector: {}
  egress:
  - to: [{fqdn: {matchName: api.example.com}}]
`;

function check(
  t: { after: (fn: () => void) => void },
  files: Record<string, string>,
): { out: string; error: unknown; dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'nw-validate-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => {}, signal: new AbortController().signal };
  try {
    validate(dir, io);
    return { out, error: undefined, dir };
  } catch (error) {
    return { out, error, dir };
  }
}

test('sound documents are counted, other files left alone', (t) => {
  const { out, error } = check(t, { 'a.yaml': `${GOOD}---\n${GOOD}`, 'README.md': 'nothing' });
  assert.equal(error, undefined);
  assert.equal(out, '2 documents are valid\n');
});

test('a fault is reported with file, line, field, reason and fix', (t) => {
  const bad = GOOD.replace('api.example.com', '"api example"');
  const { out, error, dir } = check(t, { 'a.yaml': GOOD, 'b.yaml': `---\n${bad}` });
  assert.ok(error instanceof CliError && error.exitCode === 1);
  assert.match(error.message, /^1 fault in 2 files$/);
  assert.ok(out.startsWith(join(dir, 'b.yaml:8: spec.egress[0].to[0].fqdn')), out);
  assert.match(out, /: .+; .+\n$/);
});

test('a folder without documents is an error', (t) => {
  assert.ok(check(t, {}).error instanceof CliError);
});
