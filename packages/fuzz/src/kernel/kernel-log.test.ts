import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KernelLog } from './kernel-log.ts';

test('faults are lines about them that came since it was opened', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'namewall-kmsg-'));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, 'kmsg');
  writeFileSync(path, '4,1,1,-;WARNING: an old one\n');
  using log = new KernelLog(path);
  assert.deepEqual(log.faults(), []);
  appendFileSync(path, '6,2,2,-;veth0: renamed\n');
  assert.deepEqual(log.faults(), []);
  appendFileSync(path, '4,3,3,-;WARNING: CPU: 0 PID: 1 at kernel/bpf\n');
  assert.deepEqual(log.faults(), ['4,3,3,-;WARNING: CPU: 0 PID: 1 at kernel/bpf']);
  assert.deepEqual(log.faults(), []);
});

test('a log that cannot be read says so and reports nothing', () => {
  using log = new KernelLog('/nonexistent/kmsg');
  assert.match(log.unreadable ?? '', /ENOENT/);
  assert.deepEqual(log.faults(), []);
});
