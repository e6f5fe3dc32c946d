import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { capabilities, inNetns, isBpffs, lockFile, mountBpffs, netnsCookie } from '../src/index.ts';
import { compile, libbpfError, privateNetns, scratchFile } from './lab.ts';

const ownNetns = (): string => readlinkSync('/proc/thread-self/ns/net');

test('inNetns works there and comes back, also from a throw', () => {
  using netns = privateNetns();
  const before = ownNetns();
  assert.notEqual(inNetns(netns.path, ownNetns), before);
  assert.equal(ownNetns(), before);
  const fail = (): never => {
    throw new Error('inside');
  };
  assert.throws(() => inNetns(netns.path, fail), /inside/);
  assert.throws(() => inNetns(netns.path, () => Promise.resolve()), libbpfError('EINVAL', /must be synchronous/));
  assert.equal(ownNetns(), before);
});

test('inNetns refuses what is no network namespace', () => {
  assert.throws(() => inNetns('/run/netns/libbpf-test-none', ownNetns), libbpfError('ENOENT', /open\(/));
  assert.throws(() => inNetns('/proc/self/ns/uts', ownNetns), libbpfError('EINVAL', /not a network namespace/));
});

test('netnsCookie tells namespaces apart, and says the same each time', () => {
  using first = privateNetns();
  using second = privateNetns();
  const cookie = netnsCookie(first.path);
  assert.ok(cookie > 0n);
  assert.equal(netnsCookie(first.path), cookie);
  assert.notEqual(netnsCookie(second.path), cookie);
  assert.notEqual(netnsCookie('/proc/self/ns/net'), cookie);
});

test('a lock has one holder', () => {
  const path = scratchFile('lock');
  const lock = lockFile(path);
  assert.throws(() => lockFile(path), libbpfError('EAGAIN', /another process holds this lock/));
  lock.release();
  lock.release();
  using again = lockFile(path);
  assert.ok(again);
});

test('a bpf file system is mounted once', () => {
  const path = scratchFile('bpffs');
  assert.equal(isBpffs(path), false);
  mkdirSync(path);
  assert.equal(isBpffs(path), false);
  try {
    assert.equal(mountBpffs(path), true);
    assert.equal(isBpffs(path), true);
    assert.equal(mountBpffs(path), false);
  } finally {
    execFileSync('umount', [path]);
  }
  assert.equal(isBpffs(path), false);
});

test('our own capabilities', () => {
  assert.ok(capabilities().has('CAP_BPF'));
  assert.ok(capabilities().has('CAP_NET_ADMIN'));
});

test('without capabilities the error names those that are missing', () => {
  const script = `
    import { BpfObject, capabilities } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))};
    const object = BpfObject.open(${JSON.stringify(compile('rejected.bpf.c'))});
    try {
      object.load();
    } catch (error) {
      console.log(JSON.stringify({ code: error.code, message: error.message, capabilities: [...capabilities()] }));
    }`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const output = execFileSync('setpriv', ['--bounding-set=-all', '--inh-caps=-all', ...node], { encoding: 'utf8' });
  const { code, message, capabilities: held } = JSON.parse(output) as Record<string, unknown>;
  assert.equal(code, 'EPERM');
  assert.match(String(message), /bpf_object__load.*EPERM: CAP_BPF and CAP_NET_ADMIN/);
  assert.deepEqual(held, []);
});
