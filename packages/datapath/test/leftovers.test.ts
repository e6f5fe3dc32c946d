import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshRoot } from './lab/leftovers.ts';

test('what a process pinned that was killed is removed by the next one that pins', () => {
  const program = join(import.meta.dirname, 'programs/killed.ts');
  const { stdout, signal } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL');
  const left = stdout.trim();
  assert.match(left, /^\/sys\/fs\/bpf\/namewall-test-/u);
  freshRoot('test');
  assert.equal(existsSync(left), false);
});
