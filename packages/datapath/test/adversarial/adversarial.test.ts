import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { type Case, CASES } from './cases.ts';

const root = resolve(import.meta.dirname, '../../../..');
const page = join(root, 'docs/adversarial.md');
const PACKETS = 'packages/datapath/test/packets';

function place(entry: string): { file: string; name: string } {
  const cut = entry.indexOf(': ');
  const file = entry.slice(0, cut);
  return { file: file.includes('/') ? file : `${PACKETS}/${file}`, name: entry.slice(cut + 2) };
}

function row({ number, behaviour, tests, due }: Case): string {
  const held = tests.map(place).map(({ file, name }) => `[${name}](../${file})`);
  return `| ${number} | ${behaviour} | ${[...held, ...(due === undefined ? [] : [`due: ${due}`])].join('<br>')} |`;
}

const TEXT = `# Hostile and odd input

What an in-kernel DNS parser with enforcement behind it must survive, and the test that holds each case. Unless a
row says otherwise the outcome for an answer is: nothing of the message is learned, it passes unmodified, its reason is
counted. For a query of a pod whose names are filtered: what is not one plain question is refused.

Written by \`UPDATE_DOCS=1 node --test packages/datapath/test/adversarial/adversarial.test.ts\`, which also checks that
every test named here exists.

| case | input | tests |
|---|---|---|
${CASES.map(row).join('\n')}
`;

test('every case has a number of its own, and tests or what it waits for', () => {
  assert.deepEqual(
    CASES.map(({ number }) => number),
    Array.from({ length: 62 }, (_, i) => i + 1),
  );
  for (const { number, tests, due } of CASES) assert.ok(tests.length > 0 || due !== undefined, `case ${number}`);
});

test('every test that the page names is there', () => {
  for (const { file, name } of CASES.flatMap(({ tests }) => tests.map(place))) {
    assert.ok(readFileSync(join(root, file), 'utf8').includes(name), `${file} has no test named "${name}"`);
  }
});

test('docs/adversarial.md is current', () => {
  if (env['UPDATE_DOCS'] === '1') writeFileSync(page, TEXT);
  assert.equal(
    readFileSync(page, 'utf8'),
    TEXT,
    'mend it with: UPDATE_DOCS=1 node --test packages/datapath/test/adversarial/adversarial.test.ts',
  );
});
