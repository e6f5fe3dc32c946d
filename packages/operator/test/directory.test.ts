import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { OperatorError, lastGoodIn } from '@namewall/operator';
import { CONFIG, pod, policy, put, temporaryFolder, watched } from './support/folder.ts';

test('files come, change and go', async (t) => {
  const folder = await temporaryFolder(t);
  await put(folder, 'a.yaml', policy('a'));
  await put(folder, 'pods.yml', `${pod('one', 'u1')}---\n${pod('two', 'u2')}---\n${CONFIG}`);
  await put(folder, '.hidden.yaml', policy('hidden'));
  await put(folder, 'notes.txt', 'none of ours');
  await mkdir(join(folder, 'sub.yaml'));
  const seen = await watched(t, folder);
  const [first] = seen.states;
  assert.deepEqual([first?.policies.length, first?.pods.length, first?.config?.metadata.name], [1, 2, 'default']);
  await put(folder, 'b.yaml', policy('b'));
  await seen.policies('a', 'b');
  await put(folder, 'b.yaml', policy('c'));
  await seen.policies('a', 'c');
  await unlink(join(folder, 'a.yaml'));
  await seen.policies('c');
  assert.deepEqual(seen.entries, []);
});

test('what a watch does not see, the next listing finds', async (t) => {
  const folder = await temporaryFolder(t);
  const elsewhere = await temporaryFolder(t);
  await put(elsewhere, 'real', policy('a'));
  await symlink(join(elsewhere, 'real'), join(folder, 'a.yaml'));
  const seen = await watched(t, folder);
  await seen.policies('a');
  await put(elsewhere, 'real', policy('b'));
  await seen.policies('b');
});

test('a folder that never falls silent is read all the same', async (t) => {
  const folder = await temporaryFolder(t);
  const seen = await watched(t, folder, { settle: 1_000_000, patience: 20, relist: 1_000_000 });
  const enough = new AbortController();
  const edits = (async () => {
    while (!enough.signal.aborted) await put(folder, 'b.yaml', policy('b'));
  })();
  await put(folder, 'a.yaml', policy('a'));
  await seen.policies('a', 'b');
  enough.abort();
  await edits;
});

const FAULTS: { name: string; content: string | Uint8Array; problem: RegExp }[] = [
  { name: 'half written', content: policy('a').slice(0, 60), problem: /a\.yaml:\d+: .*; / },
  {
    name: 'a broken line',
    content: policy('a').replace('spec:', 'spec'),
    problem: /a\.yaml:\d+: is not valid YAML: .*; correct/u,
  },
  {
    name: 'an unknown field',
    content: policy('a').replace('egress:', 'egres:'),
    problem: /a\.yaml:\d+: spec(\.egres)?: .*; /u,
  },
  {
    name: 'a bad name',
    content: policy('a', '"*.example.com"'),
    problem: /a\.yaml:11: spec\.egress\[0\]\.to\[0\]\.fqdn\.matchName: .*; /u,
  },
  {
    name: '10 MB',
    content: Buffer.alloc(10_000_000, '# \n'),
    problem: /a\.yaml:1: the file has 10000000 octets, .*; split/u,
  },
  { name: 'nothing at all', content: '', problem: /a\.yaml:1: is empty; write its documents, or remove it/u },
  { name: 'not UTF-8', content: Uint8Array.of(0xc3, 0x28), problem: /a\.yaml:1: is not UTF-8 text; save/u },
  {
    name: 'one bad document of two',
    content: `${policy('new')}---\nkind: Nothing\n`,
    problem: /a\.yaml:13: kind: .*; write/u,
  },
];

for (const { name, content, problem } of FAULTS) {
  test(`${name}: a clear error, once, and what was in force stays`, async (t) => {
    const folder = await temporaryFolder(t);
    await put(folder, 'a.yaml', policy('a'));
    const seen = await watched(t, folder);
    await put(folder, 'a.yaml', content);
    await put(folder, 'b.yaml', policy('b'));
    await seen.policies('a', 'b');
    await seen.looks(seen.states.length + 3);
    const errors = seen.entries.filter(({ level }) => level === 'error');
    const [reported] = seen.source.problems();
    assert.equal(reported?.earlierInForce, true);
    assert.match(reported.text, problem);
    assert.equal(errors.length, seen.source.problems().length);
    assert.equal(errors[0]?.['problem'], reported.text);

    await put(folder, 'a.yaml', policy('mended'));
    await seen.policies('mended', 'b');
    assert.deepEqual(seen.source.problems(), []);
    await unlink(join(folder, 'a.yaml'));
    await seen.policies('b');
  });
}

test('a file rejected from the start brings nothing, the others count', async (t) => {
  const folder = await temporaryFolder(t);
  await put(folder, 'a.yaml', 'kind: [');
  await put(folder, 'b.yaml', policy('b'));
  const seen = await watched(t, folder);
  await seen.policies('b');
  assert.equal(seen.source.problems()[0]?.earlierInForce, false);
});

test('the last good version survives a restart where a state folder is given', async (t) => {
  const [folder, state] = [await temporaryFolder(t), await temporaryFolder(t)];
  const failures: string[] = [];
  const lastGood = await lastGoodIn(state, (problem) => failures.push(problem));
  await put(folder, 'a.yaml', policy('a'));
  const before = await watched(t, folder, { lastGood });
  before.stop();
  await put(folder, 'a.yaml', 'kind: [');
  const after = await watched(t, folder, { lastGood });
  await after.policies('a');
  assert.equal(after.source.problems()[0]?.earlierInForce, true);
  await unlink(join(folder, 'a.yaml'));
  await after.policies();
  assert.deepEqual(failures, []);
});

test('two of one name: the first by path counts, the other is named with both places', async (t) => {
  const folder = await temporaryFolder(t);
  await put(folder, 'a.yaml', policy('same', 'first.example'));
  await put(folder, 'b.yaml', `${policy('same', 'second.example')}---\n${CONFIG}---\n${CONFIG}`);
  const seen = await watched(t, folder);
  const state = await seen.policies('same');
  assert.match(JSON.stringify(state.policies), /first\.example/u);
  const texts = seen.source.problems().map(({ text }) => text.replaceAll(`${folder}/`, ''));
  assert.deepEqual(texts, [
    'b.yaml:1: metadata.name: FQDNNetworkPolicy shop/same stands at a.yaml:1 already, and that one counts; remove one of them or give it another name',
    'b.yaml:20: kind: the one NamewallConfig stands at b.yaml:13 already, and that one counts; remove one of them or give it another name',
  ]);
});

test('a folder that goes away changes nothing; when it is back, it counts', async (t) => {
  const parent = await temporaryFolder(t);
  const folder = join(parent, 'source');
  await mkdir(folder);
  await put(folder, 'a.yaml', policy('a'));
  const seen = await watched(t, folder);
  await seen.policies('a');
  await rename(folder, join(parent, 'away'));
  await mkdir(join(parent, 'next'));
  await put(join(parent, 'next'), 'a.yaml', policy('b'));
  while (!seen.entries.some(({ message }) => message === 'source cannot be read')) await new Promise(setImmediate);
  assert.deepEqual(
    seen.states.at(-1)?.policies.map(({ metadata }) => metadata.name),
    ['a'],
  );
  await rename(join(parent, 'next'), folder);
  await seen.policies('b');
  await rm(join(parent, 'away'), { recursive: true });
});

test('a pipe, and a link to nowhere, hold nothing up', async (t) => {
  const folder = await temporaryFolder(t);
  await symlink('/nowhere', join(folder, 'link.yaml'));
  await symlink('/dev/null', join(folder, 'null.yaml'));
  await writeFile(join(folder, 'a.yaml'), policy('a'));
  const seen = await watched(t, folder);
  await seen.policies('a');
  assert.match(seen.source.problems()[0]?.text ?? '', /null\.yaml:1: is not a file; put a regular file here/u);
});

test('no folder at all: it does not start, and says why', async (t) => {
  const folder = join(await temporaryFolder(t), 'none');
  await assert.rejects(
    watched(t, folder),
    (error) =>
      error instanceof OperatorError && error.code === 'SOURCE' && /ENOENT.*; name a folder/u.test(error.message),
  );
});
