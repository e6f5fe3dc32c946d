import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SelectorError } from './errors.ts';
import { matches } from './match.ts';
import { nameToWire } from './name.ts';
import { identityOf, parseCanonical, parseSelector, shortId } from './selector.ts';

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
  const rows: readonly [Parameters<typeof parseSelector>[0], string, RegExp][] = [
    [{}, 'NEITHER', /write matchName/],
    [{ matchName: 'a', matchPattern: 'b' }, 'BOTH', /keep one/],
    [{ matchName: '' }, 'EMPTY', /write a name/],
    [{ matchPattern: '' }, 'EMPTY', /write a pattern/],
    [{ matchName: '*.example.com' }, 'WILDCARD_IN_NAME', /write matchPattern: "\*\.example\.com"/],
    [{ matchName: '.' }, 'EMPTY_LABEL', /matchPattern: "\*"/],
    [{ matchName: 'a..b' }, 'EMPTY_LABEL', /write "a\.b"/],
    [{ matchName: `${'a'.repeat(253)}..` }, 'EMPTY_LABEL', /a\."$/],
    [{ matchPattern: '.*.b' }, 'EMPTY_LABEL', /write "\*\.b"/],
    [{ matchName: 'https://a.example/x' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
    [{ matchName: 'a.example:443' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
    [{ matchName: ' a.example' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
    [{ matchPattern: 'a?.example' }, 'ILLEGAL_CHARACTER', /use only/],
    [{ matchPattern: '[ab].example' }, 'ILLEGAL_CHARACTER', /use only/],
    [{ matchName: 'a\\.b' }, 'ILLEGAL_CHARACTER', /use only/],
    [{ matchName: 'bücher.example' }, 'NOT_ASCII', /xn--bcher-kva\.example/],
    [{ matchPattern: '*.bücher.example' }, 'NOT_ASCII', /"\*\.xn--bcher-kva\.example"/],
    [{ matchName: 'a'.repeat(64) }, 'LABEL_TOO_LONG', /at most 63/],
    [{ matchPattern: `${'a'.repeat(64)}*` }, 'LABEL_TOO_LONG', /at most 63/],
    [{ matchName: 'a.'.repeat(128) }, 'TOO_LONG', /at most 255/],
    [{ matchName: `${'a.'.repeat(126)}aa` }, 'NAME_TOO_LONG', /at most 253/],
  ];
  for (const [source, code, fix] of rows) {
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
