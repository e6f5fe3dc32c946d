import { test } from 'node:test';
import assert from 'node:assert/strict';
import { run } from './program.ts';

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    signal: new AbortController().signal,
  };
  const code = await run(args, '1.2.3', io);
  return { code, out, err };
}
const NOWHERE = ['--socket', '/nonexistent/agent.sock', '--pin-root', '/nonexistent/pins'];

test('--version and --help succeed', async () => {
  assert.deepEqual(await cli('--version'), { code: 0, out: '1.2.3\n', err: '' });
  const { code, out } = await cli('--help');
  assert.equal(code, 0);
  for (const command of [
    'validate',
    'status',
    'endpoints',
    'names',
    'observe',
    'explain',
    'detach',
    'unchain',
    'host',
  ]) {
    assert.match(out, new RegExp(`^  ${command} `, 'm'));
  }
});

for (const args of [
  [],
  ['nope'],
  ['status', '-o', 'xml'],
  ['validate'],
  ['detach'],
  ['unchain'],
  ['host'],
  ['explain', 'a/b'],
]) {
  test(`"${args.join(' ')}" is a usage error`, async () => {
    const { code, err } = await cli(...args);
    assert.equal(code, 2);
    assert.notEqual(err, '');
  });
}

for (const command of ['status', 'endpoints', 'names', 'observe']) {
  test(`${command} with neither agent nor pins says so in one line with the fix`, async () => {
    const { code, err } = await cli(...NOWHERE, command);
    assert.equal(code, 1);
    assert.match(err, /^namewallctl: .*no agent answers at \/nonexistent\/agent\.sock.*; .*start the agent.*\n$/);
  });
}

for (const args of [
  ['shop/p', 'api.example'],
  ['shop/p', 'a..b'],
  ['shop/p', '192.0.2.1:0'],
  ['shop/p', '192.0.2.1:53', '--protocol', 'udp'],
]) {
  test(`explain ${args.join(' ')}: what cannot be told ends with 2 and one line`, async () => {
    const { code, out, err } = await cli(...NOWHERE, 'explain', ...args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^.+\n$/);
  });
}

test('validate of what is not there names it', async () => {
  const { code, err } = await cli('validate', '-f', '/nonexistent.yaml');
  assert.equal(code, 1);
  assert.match(err, /\/nonexistent\.yaml cannot be read/);
});
