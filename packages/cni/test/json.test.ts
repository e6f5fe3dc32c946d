/** The plugin's JSON, compiled with sanitizers and held to JSON.parse on random and broken texts. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

/** Nesting that the plugin takes. */
const DEPTH = 64;
const TEXTS = 20_000;
const directory = mkdtempSync(join(tmpdir(), 'nwcni-json-'));
const program = join(directory, 'json');

before(() => {
  const sources = [join(import.meta.dirname, 'programs/json.c'), join(import.meta.dirname, '../src/json.c')];
  const flags = ['-O1', '-g', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-fno-sanitize-recover=all'];
  execFileSync('gcc', [...flags, '-fsanitize=address,undefined', '-o', program, ...sources], { stdio: 'pipe' });
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** What the plugin says of each text. */
function ask(texts: readonly Uint8Array[]): string[] {
  const frames = texts.flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return [length, text];
  });
  const ran = spawnSync(program, { input: Buffer.concat(frames), maxBuffer: 1 << 26 });
  assert.equal(ran.status, 0, ran.stderr.toString());
  return ran.stdout.toString().trimEnd().split('\n');
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** The same, as JavaScript reads it; undefined where the plugin may say something else. */
function expected(text: Uint8Array): string | undefined {
  const decoded = Buffer.from(text).toString();
  let value: unknown;
  try {
    value = JSON.parse(decoded);
  } catch {
    return 'n';
  }
  if (depthOf(value) > DEPTH) return 'n';
  // Octets that are no UTF-8 are the plugin's to hand on, not to judge.
  if (decoded.includes('\ufffd')) return undefined;
  const { k, a } =
    Array.isArray(value) || typeof value !== 'object' || value === null ? {} : (value as Record<string, unknown>);
  const string = typeof k === 'string' ? Buffer.from(k.toWellFormed()) : undefined;
  const shown = string === undefined || string.includes(0) || string.length > 63 ? '-' : `=${string.toString('hex')}`;
  return `y ${shown} ${Array.isArray(a) ? a.length : 0}`;
}

/** A small generator (mulberry32): the same seed gives the same texts. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const PIECES = [
  '"',
  '\\',
  '\\u0041',
  '\\ud83d\\ude00',
  '\\ud83d',
  '\\u0000',
  'é',
  '😀',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '1e5',
  '-0',
  '01',
  '.5',
  'true',
  'nul',
  ' ',
  '\n',
  '\t',
  '\u0001',
];

function draw(random: (below: number) => number, depth: number): unknown {
  const kind = random(depth > 4 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random(2) === 1;
  if (kind === 2) return (random(20_000) - 10_000) / 7;
  if (kind < 5) return Array.from({ length: random(5) }, () => PIECES[random(PIECES.length)]).join('');
  const length = random(4);
  if (kind === 5) return Array.from({ length }, () => draw(random, depth + 1));
  const keys = ['k', 'a', 'k"', 'prevResult', '\u0000', 'é'];
  return Object.fromEntries(Array.from({ length }, () => [keys[random(keys.length)], draw(random, depth + 1)]));
}

function broken(random: (below: number) => number, text: Buffer): Buffer {
  const at = random(text.length + 1);
  switch (random(5)) {
    case 0:
      return text.subarray(0, at);
    case 1:
      return Buffer.concat([text.subarray(0, at), Buffer.from(PIECES[random(PIECES.length)] ?? ''), text.subarray(at)]);
    case 2:
      return Buffer.concat([text.subarray(0, at), text.subarray(at + 1 + random(4))]);
    case 3:
      return Buffer.concat([text.subarray(0, at), Buffer.from([random(256)]), text.subarray(at + 1)]);
    default:
      return text;
  }
}

test('random texts, whole and broken, are read as JSON.parse reads them', () => {
  const seed = Date.now() % 1_000_000;
  const random = randomFrom(seed);
  const texts = Array.from({ length: TEXTS }, () => {
    const first = { k: draw(random, 0), a: draw(random, 0) };
    let text: Buffer = Buffer.from(JSON.stringify(random(3) === 0 ? draw(random, 0) : first, undefined, random(2)));
    for (let times = random(3); times > 0; times--) text = broken(random, text);
    return text;
  });
  const said = ask(texts);
  assert.equal(said.length, texts.length);
  let valid = 0;
  texts.forEach((text, i) => {
    const right = expected(text);
    if (right !== undefined && right !== 'n') valid++;
    if (right !== undefined) assert.equal(said[i], right, `seed ${seed}: ${JSON.stringify(text.toString())}`);
  });
  assert.ok(valid > TEXTS / 10 && valid < TEXTS * 0.9, `${valid} of ${TEXTS} are JSON`);
});

test('nesting is taken to its limit and refused beyond', () => {
  const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
  const texts = [
    nested(DEPTH),
    nested(DEPTH + 1),
    Buffer.from('['.repeat(500_000)),
    Buffer.from('{"k":'.repeat(200_000)),
  ];
  assert.deepEqual(ask(texts), ['y - 0', 'n', 'n', 'n']);
});

test('of equal members the last counts; blanks, escapes and long strings', () => {
  const texts = [
    '{"k":"1","k":"2"}',
    ' \n{ "k" : "a\\nb" , "a" : [ 1 , [ ] , {} ] }\t',
    `{"k":"${'x'.repeat(64)}"}`,
    '{"\\u006b":"v"}',
    '',
    ' ',
  ];
  assert.deepEqual(ask(texts.map((text) => Buffer.from(text))), [
    'y =32 0',
    'y =610a62 3',
    'y - 0',
    'y =76 0',
    'n',
    'n',
  ]);
});
