/** What a runtime may say and what it may not: answers and errors as the CNI specification has them. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { lockFile } from '@namewall/libbpf';
import { type Command, environment, type Input, type Ran, runPlugin } from './lab/runtime.ts';
import { clearLeftovers, Node } from './lab/world.ts';

before(clearLeftovers);

const SANDBOX = { container: 'c1', netns: '/run/netns/nowhere', uid: 'uid' };
const CONFIG = { cniVersion: '1.0.0', name: 'pods', type: 'namewall-cni' };
const HOST = '/proc/self/ns/net';

const call = (command: Command, input: Input, env: Record<string, string> = {}): Promise<Ran> =>
  runPlugin(HOST, 'namewall-cni', { ...environment(command, SANDBOX), ...env }, input);

interface Row {
  readonly what: string;
  readonly command?: Command;
  readonly input: Input;
  readonly env?: Record<string, string>;
  readonly code: number;
  readonly says: RegExp;
}

const text = (more: Record<string, unknown>): string => JSON.stringify({ ...CONFIG, ...more });

const ROWS: readonly Row[] = [
  { what: 'nothing', input: '', code: 6, says: /no JSON object/ },
  { what: 'half an object', input: '{"cniVersion":"1.0.0"', code: 6, says: /no JSON object/ },
  { what: 'an array', input: '[]', code: 6, says: /no JSON object/ },
  { what: 'a million brackets', input: '['.repeat(1_000_000), code: 6, says: /nested deeper than 64/ },
  { what: 'octets that are no text', input: Uint8Array.from({ length: 4096 }, (_, i) => i), code: 6, says: /no JSON/ },
  { what: 'more than a megabyte', input: `${text({})}${' '.repeat(1 << 20)}`, code: 6, says: /longer than 1048576/ },
  { what: 'no version', input: '{}', code: 6, says: /no cniVersion/ },
  { what: 'a version of the future', input: text({ cniVersion: '2.0.0' }), code: 1, says: /use 0.3.0, / },
  { what: 'a version without chains', input: text({ cniVersion: '0.2.0' }), code: 1, says: /use 0.3.0, / },
  { what: 'no prevResult', input: text({}), code: 7, says: /behind the one that makes/ },
  { what: 'prevResult is no object', input: text({ prevResult: 'x' }), code: 7, says: /no prevResult/ },
  { what: 'another word', input: text({ unknownPods: 'Maybe' }), code: 7, says: /write "Open" or "Quarantine"/ },
  { what: 'no time', input: text({ timeoutMilliseconds: 0 }), code: 7, says: /from 100 to 30000/ },
  { what: 'too much time', input: text({ timeoutMilliseconds: 1e9 }), code: 7, says: /from 100 to 30000/ },
  { what: 'a relative root', input: text({ pinRoot: 'x' }), code: 7, says: /absolute path/ },
  { what: 'an unknown command', input: text({}), env: { CNI_COMMAND: 'EXPLODE' }, code: 4, says: /is EXPLODE/ },
  { what: 'no container', input: text({}), env: { CNI_CONTAINERID: '' }, code: 4, says: /CNI_CONTAINERID is not set/ },
  { what: 'a path as container', input: text({}), env: { CNI_CONTAINERID: '../x' }, code: 4, says: /may not hold a/ },
  { what: 'no namespace', input: text({}), env: { CNI_NETNS: '' }, code: 4, says: /CNI_NETNS is not set/ },
  {
    what: 'a long UID',
    input: text({}),
    env: { CNI_ARGS: `K8S_POD_UID=${'x'.repeat(64)}` },
    code: 4,
    says: /too long/,
  },
  {
    what: 'CHECK without pins',
    command: 'CHECK',
    input: text({ pinRoot: '/sys/fs/bpf/nw-nowhere' }),
    code: 100,
    says: /start the agent/,
  },
];

for (const { what, command = 'ADD', input, env = {}, code, says } of ROWS) {
  test(`${what}: error ${code}`, async () => {
    const ran = await call(command, input, env);
    const answer = JSON.parse(ran.stdout) as { code: number; msg: string; cniVersion: string };
    assert.deepEqual([ran.code, answer.code], [1, code]);
    assert.match(answer.msg, says);
  });
}

test('VERSION, with and without its input', async () => {
  for (const input of ['', '{"cniVersion":"1.0.0"}', '{"cniVersion":"9.9.9"}']) {
    const ran = await call('VERSION', input);
    const { supportedVersions } = JSON.parse(ran.stdout) as { supportedVersions: string[] };
    assert.deepEqual(supportedVersions, ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']);
  }
});

test('DEL and GC succeed where nothing is pinned and nobody knows the pod', async () => {
  const input = text({ pinRoot: '/sys/fs/bpf/nw-nowhere', 'cni.dev/valid-attachments': [] });
  for (const command of ['DEL', 'GC'] as const) {
    assert.deepEqual(await call(command, input, { CNI_NETNS: '' }), { code: 0, stdout: '', stderr: '' });
  }
});

test('the result of the plugins before us comes out octet by octet, whatever it holds', async () => {
  const result =
    '{ "cniVersion":"1.0.0",\n"ips" : [{"address":"198.51.100.9\\/24"}],"\\u0061":"\\ud83d", "n":1.50e+03,"dns":{}, "n":2 }';
  const input = `{"cniVersion":"1.0.0","name":"pods","type":"namewall-cni","pinRoot":"/sys/fs/bpf/nw-nowhere","prevResult":${result}}`;
  const ran = await call('ADD', input);
  assert.deepEqual([ran.code, ran.stdout], [0, `${result}\n`]);
});

test('a lock that is never given back holds no pod for longer than the time that is stated', async () => {
  using node = new Node();
  node.root.open();
  mkdirSync(join(node.root.path, 'links'), { recursive: true });
  using held = lockFile(join(node.root.path, 'links'));
  const open = node.sandbox('uid-slow');
  await node.runtime('ptp', { timeoutMilliseconds: 300 }).add(open);
  assert.match(node.note('uid-slow') ?? '', /not done within 300 ms/);
  const closed = node.runtime('ptp', { timeoutMilliseconds: 300, unknownPods: 'Quarantine' });
  await assert.rejects(closed.add(node.sandbox('uid-q')), { code: 11, message: /not done within 300 ms/ });
  held.release();
  const later = node.sandbox('uid-later');
  await node.runtime('ptp', { timeoutMilliseconds: 30_000 }).add(later);
  assert.equal(node.note('uid-later'), undefined);
});

test('a runtime that never closes standard input is told so', async () => {
  const ran = await call('ADD', { unfinished: '{' });
  assert.match(ran.stdout, /"code":5,"msg":"no network configuration on standard input within 2000 ms"/);
});
