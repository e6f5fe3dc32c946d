import { foldWire, labelsOf } from './name.ts';
import { matches } from './match.ts';
import type { Selector } from './selector.ts';

/**
 * The reference for names of the search list, written to be read (docs/adr/0003-verdict-order.md). A resolver
 * library asks for <name>.<suffix> as well as for <name>; CoreDNS's autopath answers the one with the other.
 */

/** What a rule on names says. One selector may be allowed by one policy and denied by another. */
export interface NameRule {
  readonly selector: Selector;
  readonly allows: boolean;
  readonly denies: boolean;
}

/** What becomes of a question where names are filtered. `expansion`: no rule selects it, it passes all the same. */
export type NameVerdict = 'allowed' | 'denied' | 'expansion' | 'unselected';

/**
 * The names that a name may be an expansion of: what is left of it before each suffix of the search list.
 *
 * @param name uncompressed wire form, any case; as are the suffixes
 * @throws NameError if the octets are not one name
 */
export function shorterNames(name: Uint8Array, search: readonly Uint8Array[]): Uint8Array[] {
  const labels = labelsOf(foldWire(name));
  return search.flatMap((suffix) => {
    const end = labelsOf(foldWire(suffix));
    const rest = labels.slice(0, labels.length - end.length);
    const fits = end.length > 0 && rest.length > 0 && end.every((label, i) => isSame(label, labels[rest.length + i]));
    return fits ? [wireOf(rest)] : [];
  });
}

/**
 * 1. A rule that denies selects the name: denied. 2. A rule that allows does: allowed.
 * 3. A rule that denies selects a name that it expands: denied. 4. A rule that allows is exactly one: expansion.
 */
export function judgeName(
  name: Uint8Array,
  rules: readonly NameRule[],
  search: readonly Uint8Array[] = [],
): NameVerdict {
  const own = rules.filter(({ selector }) => matches(selector, name));
  if (own.some(({ denies }) => denies)) return 'denied';
  if (own.some(({ allows }) => allows)) return 'allowed';
  const shorter = shorterNames(name, search);
  const selecting = rules.filter(({ selector }) => shorter.some((one) => matches(selector, one)));
  if (selecting.some(({ denies }) => denies)) return 'denied';
  return selecting.some(({ allows, selector }) => allows && selector.kind === 'name') ? 'expansion' : 'unselected';
}

/**
 * Whom an answer counts for, and the rules whose identities it teaches: the question; or the target of its first
 * CNAME, where that is the question less a suffix. Of a name that is denied only the denies count, and where no rule
 * selects the shorter name the question's do.
 */
export function credit<R extends NameRule>(
  question: Uint8Array,
  target: Uint8Array | undefined,
  rules: readonly R[],
  search: readonly Uint8Array[],
): { readonly name: Uint8Array; readonly rules: readonly R[]; readonly autopath: boolean } {
  const select = (name: Uint8Array): R[] => rules.filter(({ selector }) => matches(selector, name));
  const own = { name: foldWire(question), rules: select(question), autopath: false };
  const shorter = target && foldWire(target);
  if (shorter === undefined || !shorterNames(question, search).some((one) => isSame(one, shorter))) return own;
  const selecting = select(shorter);
  const denying = selecting.filter(({ denies }) => denies);
  const taught = denying.length > 0 ? denying : selecting.length > 0 ? selecting : own.rules;
  return { name: shorter, rules: taught, autopath: true };
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function wireOf(labels: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
}
