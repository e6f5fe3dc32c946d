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
  const labels = labelsOf(foldWire(name));
  if (selector.kind === 'pattern' && selector.text === '*') return true;
  const wanted = selector.text.split('.');
  if (selector.kind === 'pattern' && wanted[0] === '**') {
    const rest = wanted.slice(1);
    const above = labels.length - rest.length;
    return above >= 1 && labels.slice(0, above).every(isWildcardText) && labelsMatch(rest, labels.slice(above));
  }
  return labelsMatch(wanted, labels);
}

/**
 * {@link matches} for a name as people write it.
 *
 * @throws NameError
 */
export function matchesText(selector: Selector, name: string): boolean {
  return matches(selector, nameToWire(name));
}

function labelsMatch(wanted: readonly string[], labels: readonly Uint8Array[]): boolean {
  return (
    wanted.length === labels.length && wanted.every((want, at) => globMatches(Buffer.from(want, 'ascii'), labels[at]!))
  );
}

const STAR = 0x2a;

/** Standard wildcard matching by a table over (pattern position, label position). */
function globMatches(pattern: Uint8Array, label: Uint8Array): boolean {
  // reachable[j]: the pattern up to here can stand for the first j octets of the label
  let reachable = Array.from({ length: label.length + 1 }, (_, j) => j === 0);
  for (const symbol of pattern) {
    const next = Array.from({ length: label.length + 1 }, () => false);
    for (let j = 0; j <= label.length; j += 1) {
      const previous = label[j - 1];
      if (symbol === STAR) {
        next[j] = reachable[j]! || (previous !== undefined && next[j - 1]! && isWildcardOctet(previous));
      } else {
        next[j] = previous === symbol && reachable[j - 1]!;
      }
    }
    reachable = next;
  }
  return reachable[label.length]!;
}

function isWildcardText(label: Uint8Array): boolean {
  return label.every(isWildcardOctet);
}

/** [-0-9a-z_]; the name is folded already. */
function isWildcardOctet(octet: number): boolean {
  return octet === 0x2d || octet === 0x5f || (octet >= 0x30 && octet <= 0x39) || (octet >= 0x61 && octet <= 0x7a);
}
