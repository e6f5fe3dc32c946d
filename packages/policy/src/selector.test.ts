import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SelectorError } from './errors.ts';
import { matches } from './match.ts';
import { nameToWire } from './name.ts';
import { identityOf, parseCanonical, parseSelector, shortId } from './selector.ts';
import { REFUSED_SELECTORS } from './validate/tables.ts';

interface Vector {
  readonly matchName?: string;
  readonly matchPattern?: string;
  readonly canonical: string;
  readonly identity: string;
}
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/identities.json', import.meta.url), 'utf8'),
) as readonly Vector[];

test('the published vectors hold', () => {
  assert.ok(vectors.length >= 20);
  for (const { canonical, identity, ...source } of vectors) {
    const selector = parseSelector(source);
    assert.equal(selector.canonical, canonical);
    assert.equal(Buffer.from(identityOf(selector)).toString('hex'), identity, canonical);
    assert.equal(shortId(identityOf(selector)), identity.slice(0, 8));
    assert.deepEqual(parseCanonical(canonical), selector);
  }
});

test('what is no selector is refused with a fix', () => {
  for (const [source, code, fix] of REFUSED_SELECTORS) {
    assert.throws(
      () => parseSelector(source),
      (error) => error instanceof SelectorError && error.code === code && fix.test(error.fix),
      JSON.stringify(source),
    );
  }
});

test('only canonical text is read as canonical', () => {
  for (const text of ['v1|n|A', 'v1|n|a.', 'v1|p|a', 'v1|p|**', 'v2|n|a', 'a', '']) {
    assert.throws(() => parseCanonical(text), SelectorError, text);
  }
});

const patternLabel = fc.stringMatching(/^[ab*A]{1,4}$/);
const pattern = fc
  .tuple(
    fc.constantFrom('', '*.', '**.', '***.', '**'),
    fc.array(patternLabel, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([head, labels, dot]) => `${head}${labels.join('.')}${dot ? '.' : ''}`);
const name = fc.array(fc.stringMatching(/^[abB]{1,4}$/), { maxLength: 5 }).map((labels) => labels.join('.') || '.');

test('the canonical text of canonical text is itself', () => {
  fc.assert(
    fc.property(pattern, (text) => {
      const once = parseSelector({ matchPattern: text });
      assert.deepEqual(parseSelector({ matchPattern: once.text }), once);
      assert.deepEqual(parseCanonical(once.canonical), once);
    }),
  );
});

/** The syntax's meaning as a regular expression over dotted text, made without canonical text. */
function meaning(text: string): RegExp {
  const bare = text.replace(/\.$/, '');
  if (/^\*+$/.test(bare)) return /^/;
  const deep = /^\*\*+\./.exec(bare)?.[0] ?? '';
  const rest = bare.slice(deep.length).replaceAll('.', '[.]').replaceAll('*', '[-a-z0-9_]*');
  return new RegExp(`^${deep === '' ? '' : '([-a-z0-9_]+[.])+'}${rest}$`, 'i');
}

test('a canonical selector selects what was written', () => {
  fc.assert(
    fc.property(pattern, name, (text, dotted) => {
      const selector = parseSelector({ matchPattern: text });
      const wanted = meaning(text).test(dotted === '.' ? '' : dotted);
      assert.equal(matches(selector, nameToWire(dotted)), wanted, `${text} and ${dotted}`);
    }),
    { numRuns: 2000 },
  );
});
