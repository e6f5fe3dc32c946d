import { foldWire, labelsOf, nameToWire } from './name.ts';
import type { Selector } from './selector.ts';

/**
 * The reference matcher: what a selector means, written to be read. The kernel's matcher and the name
 * index are tested against it.
 *
 * 1. A name selects exactly itself, whatever the case.
 * 2. `*` inside a pattern is zero or more of [-a-zA-Z0-9_] in one label; it never crosses a dot.
 * 3. The lone `*` selects every name, the root included.
 * 4. A leading `**.` is one or more whole labels of [-a-zA-Z0-9_].
 *
 * Labels are compared by length, so a dot octet inside a label is not a separator.
 *
 * @param name uncompressed wire form with the root label, any case
 * @throws NameError if the octets are not one name
 */
export function matches(selector: Selector, name: Uint8Array): boolean {
  return matchesLabels(selector, foldedLabels(name));
}

/**
 * The labels of a name for {@link matchesLabels}: folded, one character an octet.
 *
 * @throws NameError if the octets are not one name
 */
export function foldedLabels(name: Uint8Array): string[] {
  return labelsOf(foldWire(name)).map((label) => Buffer.from(label).toString('latin1'));
}

/** {@link matches} for a name that many selectors are asked about. */
export function matchesLabels(selector: Selector, labels: readonly string[]): boolean {
  if (selector.text === '*') return true;
  const wanted = selector.text.split('.');
  if (wanted[0] !== '**') return labelsMatch(wanted, labels);
  const rest = wanted.slice(1);
  const above = labels.length - rest.length;
  return above >= 1 && labels.slice(0, above).every(isWildcardText) && labelsMatch(rest, labels.slice(above));
}

/**
 * {@link matches} for a name as people write it.
 *
 * @throws NameError
 */
export function matchesText(selector: Selector, name: string): boolean {
  return matches(selector, nameToWire(name));
}

function labelsMatch(wanted: readonly string[], labels: readonly string[]): boolean {
  return wanted.length === labels.length && labels.every((label, at) => labelMatches(wanted[at] ?? '', label));
}

/**
 * The literal parts stand in their order in the label, the first at its beginning, the last at its end,
 * none over another; what is between belongs to the stars. A literal consists of characters that a star
 * may stand for, so with a star the whole label does.
 */
function labelMatches(want: string, label: string): boolean {
  const [first = '', ...parts] = want.split('*');
  const last = parts.pop();
  if (last === undefined) return label === want;
  if (!isWildcardText(label) || !label.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = label.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return label.length - last.length >= at && label.endsWith(last);
}

function isWildcardText(label: string): boolean {
  return !/[^-0-9a-z_]/.test(label);
}
