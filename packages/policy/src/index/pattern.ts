import { NwIndex, NwPatternMany } from '../abi.gen.ts';
import type { Selector } from '../selector.ts';
import { IndexError } from './errors.ts';

/** A label that has a length, a beginning and an end. */
export interface TypedLabel {
  readonly min: number;
  readonly max: number;
  readonly prefix: string;
  readonly suffix: string;
}

/** A pattern as the index holds it. */
export interface Pattern {
  /** The labels after the last wildcard, '' when there are none. */
  readonly end: string;
  readonly many: NwPatternMany;
  /** The labels left of `end`, from the right; a leading double star is not among them. */
  readonly labels: readonly string[];
  /** The same, where the typed form can say every one. */
  readonly typed: readonly TypedLabel[] | undefined;
}

const AFFIX = 8;
const LABEL = 63;
const NAME = 254;

/** Octets of a name on the wire without its root label; 0 when no name can be that long or have such a label. */
export function wireLength(text: string): number {
  const length = text.length + 1;
  if (length > NAME) return 0;
  let start = 0;
  while (start < text.length) {
    const dot = text.indexOf('.', start);
    const end = dot < 0 ? text.length : dot;
    if (end - start > LABEL) return 0;
    start = end + 1;
  }
  return length;
}

/**
 * Reads a pattern; undefined when no name can match it.
 *
 * @throws IndexError BAD_SELECTOR
 */
export function readPattern(selector: Selector): Pattern | undefined {
  checkText(selector, /^[-0-9a-z_*]+(\.[-0-9a-z_*]+)*$/);
  const all = selector.text.split('.');
  if (/^\*+$/.test(selector.text)) return { end: '', many: NwPatternMany.MANY_ANY, labels: [], typed: [] };
  const many = all.length > 1 && /^\*\*+$/.test(all[0] ?? '');
  if (many) all.shift();
  let fixed = all.length;
  while (fixed > 0 && all[fixed - 1]?.includes('*') === false) fixed--;
  const end = all.slice(fixed).join('.');
  const labels = all
    .slice(0, fixed)
    .toReversed()
    .map((label) => label.replace(/\*+/g, '*'));
  const letters = labels.map((label) => label.replaceAll('*', '').length);
  if ((end !== '' && wireLength(end) === 0) || letters.some((count) => count > LABEL)) return undefined;
  const typed = labels.length > NwIndex.PATTERN_LABELS ? [undefined] : labels.map(readLabel);
  return {
    end,
    many: many ? NwPatternMany.MANY_LABELS : NwPatternMany.MANY_NONE,
    labels,
    typed: typed.every((label) => label !== undefined) ? typed : undefined,
  };
}

/** @throws IndexError BAD_SELECTOR */
export function checkText(selector: Selector, form: RegExp): void {
  if (form.test(selector.text)) return;
  throw new IndexError(
    'BAD_SELECTOR',
    `selector ${selector.canonical}: only a-z, 0-9, "-", "_", "." and, in a pattern, "*" can be indexed`,
  );
}

function readLabel(label: string): TypedLabel | undefined {
  const star = label.indexOf('*');
  if (star < 0) {
    if (label.length > 2 * AFFIX) return undefined;
    return { min: label.length, max: label.length, prefix: label.slice(0, AFFIX), suffix: label.slice(AFFIX) };
  }
  const prefix = label.slice(0, star);
  const suffix = label.slice(star + 1);
  if (prefix.length > AFFIX || suffix.length > AFFIX || suffix.includes('*')) return undefined;
  return { min: Math.max(1, prefix.length + suffix.length), max: LABEL, prefix, suffix };
}
