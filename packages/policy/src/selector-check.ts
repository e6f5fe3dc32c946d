import { domainToASCII } from 'node:url';
import { SelectorError } from './errors.ts';
import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX } from './name.ts';

/** Characters of a selector as it is written, a trailing dot included. */
export const SELECTOR_TEXT_MAX = 255;

type Field = 'matchName' | 'matchPattern';

/**
 * Letters, digits, `-` and `_` in labels parted by single dots, a trailing dot allowed, `*` in
 * patterns; at most 255 characters; labels and the whole name no longer than DNS can carry.
 *
 * @throws SelectorError the first thing that is wrong
 */
export function checkSelectorText(field: Field, text: string): void {
  for (const check of [checkEmpty, checkLength, checkCharacters, checkDots, checkOctets]) check(field, text);
}

function checkEmpty(field: Field, text: string): void {
  if (text !== '') return;
  throw new SelectorError('EMPTY', field, 'is empty', `write a ${field === 'matchName' ? 'name' : 'pattern'}`);
}

function checkLength(field: Field, text: string): void {
  if (text.length <= SELECTOR_TEXT_MAX) return;
  const reason = `has ${text.length} characters`;
  throw new SelectorError('TOO_LONG', field, reason, `write at most ${SELECTOR_TEXT_MAX}`);
}

function checkCharacters(field: Field, text: string): void {
  if (/^[-a-zA-Z0-9_.*]*$/.test(text)) {
    if (field === 'matchPattern' || !text.includes('*')) return;
    throw new SelectorError('WILDCARD_IN_NAME', field, `"${text}" has a wildcard`, `write matchPattern: "${text}"`);
  }
  // eslint-disable-next-line no-control-regex
  if (!/^[\x00-\x7f]*$/.test(text)) {
    throw new SelectorError('NOT_ASCII', field, `"${text}" is not ASCII`, punycodeFix(field, text));
  }
  const illegal = /[^-a-zA-Z0-9_.*]/.exec(text)?.[0] ?? '';
  const allowed = `letters, digits, "-", "_" and "."${field === 'matchPattern' ? ', and "*"' : ''}`;
  const reason = `"${text}" has the character ${JSON.stringify(illegal)}`;
  throw new SelectorError('ILLEGAL_CHARACTER', field, reason, illegalFix(field, text) ?? `use only ${allowed}`);
}

/** A URL, a port or blanks around a name: the name alone is what was meant. */
function illegalFix(field: Field, text: string): string | undefined {
  const bare = /^\s*(?:[a-z][-+.a-z0-9]*:\/\/)?([-\w.*]+)(?::\d+)?(?:\/.*)?\s*$/i.exec(text)?.[1];
  return bare === undefined ? undefined : `write ${field}: ${JSON.stringify(bare)}`;
}

function punycodeFix(field: Field, text: string): string {
  const puny = text
    .split('.')
    .map((label) => (label === '' || label.includes('*') ? label : domainToASCII(label)))
    .join('.');
  const found = /^[-a-zA-Z0-9_.*]+$/.test(puny) && puny.split('.').length === text.split('.').length;
  return found ? `write its punycode form: ${field}: ${JSON.stringify(puny)}` : 'write its punycode form (xn--…)';
}

function checkDots(field: Field, text: string): void {
  if (!text.startsWith('.') && !text.includes('..')) return;
  const fixed = text.replace(/\.+/g, '.').replace(/^\./, '');
  const fix = fixed === '' ? 'write a name; the root can only be selected by matchPattern: "*"' : `write "${fixed}"`;
  throw new SelectorError('EMPTY_LABEL', field, `"${text}" has an empty label`, fix);
}

/** Wildcards may stand for nothing, so what counts is the shortest name that a pattern can match. */
function checkOctets(field: Field, text: string): void {
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  let octets = 1;
  for (const label of labels) {
    const literal = label.replaceAll('*', '').length;
    if (literal > LABEL_OCTETS_MAX) {
      const reason = `label "${label}" has ${literal} characters`;
      throw new SelectorError('LABEL_TOO_LONG', field, reason, `write at most ${LABEL_OCTETS_MAX} between two dots`);
    }
    octets += 1 + Math.max(literal, 1);
  }
  if (octets <= NAME_OCTETS_MAX || /^\*+$/.test(labels.join(''))) return;
  const reason = `needs ${octets} octets in a DNS message`;
  throw new SelectorError('NAME_TOO_LONG', field, reason, 'write a name of at most 253 characters');
}
