import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLUGIN, type PluginEntry, chain, firstOf, unchain } from './chain.ts';

const entry: PluginEntry = { pinRoot: '/sys/fs/bpf/namewall', unknownPods: 'Open', hook: 'auto' };
const bridge = { type: 'bridge', bridge: 'cni0', ipam: { type: 'host-local' } };
const list = (...plugins: unknown[]): string =>
  JSON.stringify({ cniVersion: '1.0.0', name: 'pods', disableCheck: true, plugins });
const plugins = (text: string | undefined): unknown[] =>
  (JSON.parse(text ?? '{}') as { plugins?: unknown[] }).plugins ?? [];

function textOf(result: ReturnType<typeof unchain>): string | undefined {
  assert.ok('text' in result, JSON.stringify(result));
  return result.text;
}

test('ours is the last plugin, and the rest is as it was', () => {
  const text = textOf(chain(list(bridge, { type: 'portmap' }), entry));
  assert.deepEqual(plugins(text), [bridge, { type: 'portmap' }, { type: PLUGIN, ...entry }]);
  const { plugins: _, ...rest } = JSON.parse(text ?? '') as Record<string, unknown>;
  assert.deepEqual(rest, { cniVersion: '1.0.0', name: 'pods', disableCheck: true });
  assert.equal(textOf(chain(text ?? '', entry)), undefined, 'again it changes nothing');
});

test('another tool has put itself behind us, twice, or our entry says something else', () => {
  const ours = { type: PLUGIN, ...entry };
  const wanted = [bridge, { type: 'mesh' }, ours];
  assert.deepEqual(plugins(textOf(chain(list(bridge, ours, { type: 'mesh' }, ours), entry))), wanted);
  const old = { ...ours, unknownPods: 'Quarantine' };
  assert.deepEqual(plugins(textOf(chain(list(bridge, old), entry))), [bridge, ours]);
});

test('taken out, it is what it was, as people and tools write it', () => {
  for (const indentation of [undefined, '  ', '    ', '\t']) {
    for (const end of ['', '\n', '\r\n\n']) {
      const before = `${JSON.stringify(JSON.parse(list(bridge)), null, indentation)}${end}`;
      assert.equal(textOf(unchain(textOf(chain(before, entry)) ?? '')), before);
      assert.equal(textOf(unchain(before)), undefined);
    }
  }
});

const LEFT_ALONE: [string, RegExp][] = [
  ['{', /^it is no JSON: /u],
  ['[]', /^it has no list of plugins$/u],
  ['null', /^it has no list of plugins$/u],
  [JSON.stringify(bridge), /^it has no list of plugins$/u],
  [list(), /^it has no plugin that makes an interface$/u],
];
for (const [text, says] of LEFT_ALONE) {
  test(`left alone: ${text}`, () => {
    const result = chain(text, entry);
    assert.match('problem' in result ? result.problem : '', says);
  });
}

test('runtimes take the first by name, whatever else lies there', () => {
  assert.equal(
    firstOf(['99-loopback.conf', '10-flannel.conflist', 'README', '05-x.conflist.bak']),
    '10-flannel.conflist',
  );
  assert.equal(firstOf(['00-multus.conf', '10-flannel.conflist']), '00-multus.conf');
  assert.equal(firstOf(['notes']), undefined);
});
