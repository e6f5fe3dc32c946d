import { test } from 'node:test';
import assert from 'node:assert/strict';
import { AgentError } from './errors.ts';
import { parseFlags } from './flags.ts';

test('defaults are those of an installed host', () => {
  const flags = parseFlags([]);
  assert.ok(flags !== 'help');
  assert.equal(flags.pinRoot, '/sys/fs/bpf/namewall');
  assert.equal(flags.hook, 'auto');
});

test('sizes and sockets are read', () => {
  const flags = parseFlags([
    '--size',
    'endpoints=512',
    '--size',
    'flows=1024',
    '--socket',
    'unix:/run/x.sock',
    '--hook=tcx',
  ]);
  assert.ok(flags !== 'help');
  assert.deepEqual([flags.sizes, flags.socket, flags.hook], [{ endpoints: 512, flows: 1024 }, '/run/x.sock', 'tcx']);
});

for (const args of [['--hook', 'xdp'], ['--size', 'flows'], ['--nope'], ['stray']]) {
  test(`${args.join(' ')} is refused with what to write`, () => {
    assert.throws(
      () => parseFlags(args),
      (e: unknown) => e instanceof AgentError && e.code === 'USAGE' && e.fix !== '',
    );
  });
}
