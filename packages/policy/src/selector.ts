import { createHash } from 'node:crypto';
import { SelectorError } from './errors.ts';
import { checkSelectorText } from './selector-check.ts';

/** Which names a rule means. Two that select the same names by the same text are the same selector. */
export interface Selector {
  readonly kind: 'name' | 'pattern';
  /** Canonical: lower case, no trailing dot, no redundant wildcard. */
  readonly text: string;
  /** What identity, stream and maps carry: `v1|n|api.stripe.com` or `v1|p|*.s3.*.amazonaws.com`. */
  readonly canonical: string;
}

/** As a policy writes it: exactly one of the two. */
export interface SelectorSource {
  readonly matchName?: string | undefined;
  readonly matchPattern?: string | undefined;
}

/**
 * Reads a selector of a policy. A pattern without a wildcard is a name.
 *
 * @throws SelectorError
 */
export function parseSelector(source: SelectorSource): Selector {
  const { matchName, matchPattern } = source;
  if (matchName !== undefined && matchPattern !== undefined) {
    throw new SelectorError('BOTH', undefined, 'has both matchName and matchPattern', 'keep one of them');
  }
  if (matchName !== undefined) {
    checkSelectorText('matchName', matchName);
    return nameSelector(stripDot(matchName.toLowerCase()));
  }
  if (matchPattern !== undefined) {
    checkSelectorText('matchPattern', matchPattern);
    return patternSelector(matchPattern);
  }
  throw new SelectorError(
    'NEITHER',
    undefined,
    'has neither matchName nor matchPattern',
    'write matchName: api.example.com or matchPattern: "*.example.com"',
  );
}

/**
 * Reads {@link Selector.canonical} back.
 *
 * @throws SelectorError also when the text is valid but not canonical
 */
export function parseCanonical(canonical: string): Selector {
  const text = canonical.slice('v1|n|'.length);
  let selector: Selector | undefined;
  if (canonical.startsWith('v1|n|')) selector = parseSelector({ matchName: text });
  if (canonical.startsWith('v1|p|')) selector = parseSelector({ matchPattern: text });
  if (selector?.canonical === canonical) return selector;
  throw new SelectorError(
    'BAD_CANONICAL',
    undefined,
    `"${canonical}" is not a canonical selector`,
    'write v1|n|<name> or v1|p|<pattern>, lower case, without a trailing dot or redundant wildcards',
  );
}

/** 16 octets, the first of SHA-256 over the canonical text: the same everywhere, for ever. */
export function identityOf(selector: Selector): Uint8Array {
  return new Uint8Array(createHash('sha256').update(selector.canonical, 'ascii').digest().subarray(0, 16));
}

/** What people see of an identity: its first eight hex digits. */
export function shortId(identity: Uint8Array): string {
  return Buffer.from(identity.subarray(0, 4)).toString('hex');
}

function nameSelector(text: string): Selector {
  return { kind: 'name', text, canonical: `v1|n|${text}` };
}

function patternSelector(source: string): Selector {
  const text = canonicalPattern(source);
  return text.includes('*') ? { kind: 'pattern', text, canonical: `v1|p|${text}` } : nameSelector(text);
}

/**
 * Only a leading `**.` means more than a `*`; every other run of stars is one star. A pattern of
 * nothing but stars is the lone `*`.
 */
function canonicalPattern(source: string): string {
  const pattern = stripDot(source.toLowerCase());
  const deep = /^\*\*+\.(.+)$/.exec(pattern)?.[1];
  const collapse = (text: string) => text.replace(/\*+/g, '*');
  return deep === undefined ? collapse(pattern) : `**.${collapse(deep)}`;
}

function stripDot(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}
