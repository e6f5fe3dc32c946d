import { test } from 'node:test';
import assert from 'node:assert/strict';
import { AgentError } from '../errors.ts';
import { checkProcess, effectiveCapabilities, fileSystemOf } from './environment.ts';

const ALL = (1n << 41n) - 1n;

test('root with every capability may start', () => {
  checkProcess({ euid: 0, capabilities: ALL });
});

test('who is not root is told so, with the uid', () => {
  assert.throws(
    () => checkProcess({ euid: 1000, capabilities: 0n }),
    (error: unknown) => error instanceof AgentError && error.code === 'NOT_ROOT' && /uid 1000/.test(error.message),
  );
});

for (const [name, bit] of [
  ['CAP_BPF', 39n],
  ['CAP_NET_ADMIN', 12n],
  ['CAP_PERFMON', 38n],
  ['CAP_SYS_ADMIN', 21n],
] as const) {
  test(`a missing ${name} is named, and nothing else`, () => {
    assert.throws(
      () => checkProcess({ euid: 0, capabilities: ALL & ~(1n << bit) }),
      (error: unknown) =>
        error instanceof AgentError &&
        error.code === 'CAPABILITY' &&
        error.message.match(/CAP_/g)?.length === 1 &&
        error.fix.includes(name),
    );
  });
}

test('the effective set is read from /proc/self/status', () => {
  assert.equal(effectiveCapabilities('Name:\tnode\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n'), ALL);
  assert.equal(effectiveCapabilities('Name:\tnode\n'), 0n);
});

test('the deepest, latest mount over a path decides its file system', () => {
  const mounts = 'x / ext4 rw 0 0\nsysfs /sys sysfs rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\nt /a\\040b tmpfs rw 0 0\n';
  assert.equal(fileSystemOf(mounts, '/sys/fs/bpf/namewall'), 'bpf');
  assert.equal(fileSystemOf(mounts, '/sys/fs/bpfx'), 'sysfs');
  assert.equal(fileSystemOf(mounts, '/a b/c'), 'tmpfs');
  assert.equal(fileSystemOf(`${mounts}t /sys/fs/bpf tmpfs rw 0 0\n`, '/sys/fs/bpf/namewall'), 'tmpfs');
  assert.equal(fileSystemOf('', '/x'), undefined);
});
