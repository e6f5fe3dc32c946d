import { type Selector, parseSelector } from '@namewall/policy';
import type { Random } from './random.ts';

/*
 * Patterns and names that come close to each other. Few letters and few ends, so that most names meet
 * patterns; names are made from a pattern and then changed a little, since chance alone finds no edge.
 */
const LETTERS = Array.from('aab01-_');
const ENDS = ['a', 'b.a', 'com', 'a.com', 'b-b.a.com', 'x'.repeat(40), `a.${'y'.repeat(63)}.${'z'.repeat(50)}.com`];

function letters(random: Random, low: number, high: number): string {
  let text = '';
  for (let left = random.between(low, high); left > 0; left--) text += random.pick(LETTERS);
  return text;
}

function patternLabel(random: Random): string {
  const kind = random.between(0, 9);
  if (kind < 3) return '*';
  if (kind < 5) return letters(random, 1, random.chance(0.2) ? 30 : 4);
  const affix = (): string => letters(random, 0, random.chance(0.2) ? 12 : 3);
  if (kind < 7) return `${affix()}*${affix()}`;
  const stars = random.between(2, random.chance(0.1) ? 30 : 4);
  return Array.from({ length: stars }, () => letters(random, 0, 2)).join('*') + letters(random, 0, 2);
}

function selectorText(random: Random): { matchName: string } | { matchPattern: string } {
  if (random.chance(0.02)) return { matchPattern: '*' };
  const end = random.chance(0.9) ? random.pick(ENDS) : '';
  const left = Array.from({ length: random.between(0, random.chance(0.1) ? 7 : 3) }, () => patternLabel(random));
  if (random.chance(0.25)) left.unshift(random.pick(['**', '**', '***']));
  if (random.chance(0.05)) left.push(`*${letters(random, 1, 3)}`);
  const text = [...left, ...(end === '' ? [] : [end])].join('.');
  if (text === '') return { matchPattern: '*' };
  return text.includes('*') ? { matchPattern: text } : { matchName: text };
}

/** A selector that the API accepts. */
export function randomSelector(random: Random): Selector {
  for (;;) {
    try {
      return parseSelector(selectorText(random));
    } catch {
      // Too long, or a label is: another one.
    }
  }
}

type Octets = number[];

/* Loops: millions of names are made, and half of a run's time went into callbacks here. */
function octets(text: string): Octets {
  const values: Octets = [];
  for (let i = 0; i < text.length; i++) values.push(text.charCodeAt(i));
  return values;
}

function expand(random: Random, label: string): Octets {
  let text = '';
  for (const c of label) text += c === '*' ? letters(random, 0, random.chance(0.1) ? 20 : 2) : c;
  return octets(text);
}

function namedAfter(random: Random, selector: Selector): Octets[] {
  const labels = selector.text === '*' ? ['**'] : selector.text.split('.');
  return labels.flatMap((label, i) => {
    if (i > 0 || !/^\*\*+$/.test(label)) return [expand(random, label)];
    return Array.from({ length: random.between(0, 3) }, () => octets(letters(random, 1, 3)));
  });
}

const ODD = [0x00, 0x2e, 0x2a, 0x20, 0x40, 0x5b, 0x60, 0x7b, 0x2f, 0x3a, 0x5e, 0x7f, 0x80, 0xad, 0xc1, 0xe1, 0xff];

/** Changes one thing. */
function mutate(random: Random, labels: Octets[]): Octets[] {
  const at = random.between(0, Math.max(0, labels.length - 1));
  const label = labels[at] ?? [];
  const before = labels.slice(0, at);
  const behind = labels.slice(at + 1);
  const place = random.between(0, label.length);
  switch (random.between(0, 8)) {
    case 0:
      return labels.map((one) => one.map((c) => (random.chance(0.5) && c >= 0x61 && c <= 0x7a ? c - 0x20 : c)));
    case 1:
      return [octets(letters(random, 1, 5)), ...labels];
    case 2:
      return [...labels, octets(letters(random, 1, 3))];
    case 3: // two labels become one with a dot in it
      return [...before, [...label, 0x2e, ...(behind[0] ?? [])], ...behind.slice(1)];
    case 4:
      return [...before, [...label.slice(0, place), random.pick(ODD), ...label.slice(place + 1)], ...behind];
    case 5:
      return [...before, [...label.slice(0, place), ...octets(random.pick(LETTERS)), ...label.slice(place)], ...behind];
    case 6:
      return [...before, [...label.slice(0, place), ...label.slice(place + 1)], ...behind];
    case 7:
      return [...before, octets('a'.repeat(random.between(60, 63))), ...behind];
    default:
      return [...before, ...behind];
  }
}

/** As long as a name may be, or one octet less. */
function lengthen(random: Random, labels: Octets[]): Octets[] {
  const room = 254 - labels.reduce((sum, label) => sum + 1 + label.length, 1);
  if (room < 1) return labels;
  return lengthen(random, [octets(letters(random, 1, Math.min(63, room))), ...labels]);
}

/** A wire name with its root label, valid, made for these selectors. */
export function randomName(random: Random, selectors: readonly Selector[]): Uint8Array {
  let labels = namedAfter(random, random.pick(selectors));
  while (random.chance(0.4)) labels = mutate(random, labels);
  labels = labels.filter((label) => label.length > 0).map((label) => label.slice(0, 63));
  if (random.chance(0.02)) labels = lengthen(random, labels);
  let wire = Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
  while (wire.length > 255) wire = wire.subarray((wire[0] ?? 0) + 1);
  return wire;
}
