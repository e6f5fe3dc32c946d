import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PLUGIN, type PluginEntry } from './chain.ts';
import { chainIn, removeLeftovers, unchainAll, uninstall } from './install.ts';

const entry: PluginEntry = { pinRoot: '/sys/fs/bpf/namewall', unknownPods: 'Open', hook: 'auto' };
const THEIRS = '{"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge", "vni": 9007199254740993}]}';

let root: string;
let binDir: string;
let confDir: string;
const conf = (name: string): string => join(confDir, name);
const program = (): string => join(binDir, PLUGIN);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cni-install-'));
  binDir = join(root, 'bin');
  confDir = join(root, 'net.d');
  for (const folder of [binDir, confDir]) mkdirSync(folder);
  writeFileSync(program(), '');
});
afterEach(() => rmSync(root, { recursive: true }));

test('a number that is no JavaScript number stays what it is', () => {
  writeFileSync(conf('10-pods.conflist'), THEIRS);
  assert.equal(chainIn(confDir, entry), 'changed');
  assert.match(readFileSync(conf('10-pods.conflist'), 'utf8'), /"vni":9007199254740993\b/u);
});

test('a link stays one, and what it leads to is changed', () => {
  const target = join(root, 'theirs.json');
  writeFileSync(target, THEIRS);
  symlinkSync(target, conf('10-pods.conflist'));
  assert.equal(chainIn(confDir, entry), 'changed');
  assert.ok(lstatSync(conf('10-pods.conflist')).isSymbolicLink());
  assert.ok(readFileSync(target, 'utf8').includes(PLUGIN));
  assert.deepEqual(uninstall(binDir, confDir), ['changed']);
  assert.ok(!readFileSync(target, 'utf8').includes(PLUGIN));
});

test('the program stays while a configuration names it that cannot be read', () => {
  writeFileSync(conf('10-pods.conflist'), THEIRS);
  chainIn(confDir, entry);
  writeFileSync(conf('20-broken.conflist'), `{"plugins": [{"type": "${PLUGIN}"},]}`);
  const [first, second, third] = uninstall(binDir, confDir);
  assert.equal(first, 'changed', 'what can be done is done');
  assert.match(typeof second === 'object' ? second.problem : '', /20-broken\.conflist: it is no JSON: /u);
  assert.match(typeof third === 'object' ? third.problem : '', /namewall-cni stays: /u);
  assert.ok(existsSync(program()));
  rmSync(conf('20-broken.conflist'));
  assert.deepEqual(uninstall(binDir, confDir), []);
  assert.ok(!existsSync(program()));
});

test('only taken out, the program stays: runtimes may end by it what came up with it', () => {
  for (const name of ['10-pods.conflist', '20-more.conflist']) writeFileSync(conf(name), `${THEIRS}\n`);
  chainIn(confDir, entry);
  assert.deepEqual(unchainAll(confDir), ['changed']);
  assert.ok(!readFileSync(conf('10-pods.conflist'), 'utf8').includes(PLUGIN));
  assert.ok(existsSync(program()));
  assert.deepEqual(unchainAll(confDir), []);
});

test('a list of which nothing would be left goes: with an empty one runtimes refuse the others too', () => {
  writeFileSync(conf('10-pods.conflist'), `{"cniVersion": "1.0.0", "name": "x", "plugins": [{"type": "${PLUGIN}"}]}`);
  assert.deepEqual(uninstall(binDir, confDir), ['removed']);
  assert.deepEqual(readdirSync(confDir), []);
});

test('a node without a folder of configurations is clean', () => {
  rmSync(confDir, { recursive: true });
  assert.deepEqual(uninstall(binDir, confDir), []);
});

test('what a killed agent was about to put in place goes, and nothing else', () => {
  const names = ['10-pods.conflist.0123abcd.namewall-new', '10-pods.conflist.namewall-new', '10-pods.conflist'];
  for (const name of names) writeFileSync(conf(name), '');
  removeLeftovers(binDir, confDir);
  assert.deepEqual(readdirSync(confDir), ['10-pods.conflist', '10-pods.conflist.namewall-new']);
});
