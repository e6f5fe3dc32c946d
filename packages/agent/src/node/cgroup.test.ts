import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupRoot } from './cgroup.ts';

test('the cgroup2 mount is found wherever it is, beside version 1', () => {
  const mounts = ['proc /proc proc rw 0 0', 'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0', ''];
  assert.equal(cgroupRoot(mounts.join('\n')), undefined);
  const hybrid = [...mounts, 'cgroup2 /sys/fs/cgroup/uni\\040fied cgroup2 rw 0 0', 'c /other cgroup2 rw 0 0'].join(
    '\n',
  );
  assert.equal(cgroupRoot(hybrid), '/sys/fs/cgroup/uni fied');
});
