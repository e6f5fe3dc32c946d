import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { NwIndex } from '../abi.gen.ts';
import { parseSelector } from '../selector.ts';
import { buildIndex, type IndexInput } from './build.ts';
import { IndexHeader } from './layout.gen.ts';

const key = Uint32Array.from({ length: NwIndex.HASH_WORDS }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);

function input(texts: readonly string[], blocks = 4096): IndexInput {
  const selectors = texts.map((text, i) => ({ handle: i + 1, selector: parseSelector({ matchPattern: text }) }));
  return { selectors, rulesets: [{ number: 7, handles: selectors.map(({ handle }) => handle) }], key, blocks };
}

const header = (bytes: Uint8Array, field: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(field, true);

suite('buildIndex', () => {
  test('whole blocks, counted in the header', () => {
    const bytes = buildIndex(input(['a.com', '*.b.com']));
    assert.equal(header(bytes, IndexHeader.magic), NwIndex.INDEX_MAGIC);
    assert.equal(header(bytes, IndexHeader.blocks) * NwIndex.INDEX_BLOCK, bytes.length);
    assert.equal(header(bytes, IndexHeader.selectors), 2);
    assert.equal(header(bytes, IndexHeader.rootNode), 0);
    // header, two buckets, nodes a.com, com and b.com, a list, a pattern of two
    assert.equal(bytes.length / NwIndex.INDEX_BLOCK, 1 + 2 + 3 + 1 + 2);
  });

  test('patterns without a literal end hang on the root', () => {
    assert.notEqual(header(buildIndex(input(['*'])), IndexHeader.rootNode), 0);
    assert.notEqual(header(buildIndex(input(['api.*'])), IndexHeader.rootNode), 0);
  });

  test('the same input, the same bytes; another selector, another version', () => {
    const version = (bytes: Uint8Array): Uint8Array => bytes.slice(IndexHeader.version, IndexHeader.version + 16);
    const one = buildIndex(input(['a.com', '*.b.com']));
    assert.deepEqual(buildIndex(input(['a.com', '*.b.com'])), one);
    assert.notDeepEqual(version(buildIndex(input(['a.com', '*.c.com']))), version(one));
  });

  test('globs with the same labels share their text', () => {
    const shared = buildIndex(input(['*x*.a.com', '*x*.b.com'])).length;
    assert.equal(buildIndex(input(['*x*.a.com', '*y*.b.com'])).length - shared, 2 * NwIndex.INDEX_BLOCK);
  });

  test('nothing at all is an index too', () => {
    assert.equal(buildIndex({ selectors: [], rulesets: [], key, blocks: 64 }).length, 3 * NwIndex.INDEX_BLOCK);
  });

  test('what does not fit says how much it needs', () => {
    assert.throws(() => buildIndex(input(['a.com', '*.b.com'], 8)), {
      code: 'FULL',
      message: /needs 9 blocks.* has 8; raise/,
    });
  });

  test('64 patterns under a suffix are the most', () => {
    const texts = Array.from({ length: 64 }, (_, i) => `x${i}*.b.com`);
    buildIndex(input(texts));
    assert.throws(() => buildIndex(input([...texts, 'y*.b.com'])), {
      code: 'TOO_MANY_PATTERNS',
      message: /ruleset 7: more than 64 patterns end in "\.b\.com"/,
    });
  });

  test('every handle has one selector and every selector one handle', () => {
    const { selectors, ...rest } = input(['a.com']);
    const again = selectors.map(({ selector }) => ({ handle: 2, selector }));
    assert.throws(() => buildIndex({ ...rest, selectors: [...selectors, ...again] }), { code: 'DUPLICATE' });
    assert.throws(() => buildIndex({ ...rest, selectors: [...selectors, ...selectors] }), { code: 'DUPLICATE' });
    assert.throws(() => buildIndex({ ...rest, selectors: [] }), { code: 'UNKNOWN_HANDLE' });
  });

  test('a selector with an octet that no wildcard may stand for is refused', () => {
    const selector = { kind: 'name', text: 'a/b.com', canonical: 'v1|n|a/b.com' } as const;
    assert.throws(() => buildIndex({ selectors: [{ handle: 1, selector }], rulesets: [], key, blocks: 64 }), {
      code: 'BAD_SELECTOR',
    });
  });
});
