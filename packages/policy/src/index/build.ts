import { NwIndex } from '../abi.gen.ts';
import type { Selector } from '../selector.ts';
import { IndexError } from './errors.ts';
import { NameHasher } from './hash.ts';
import { readPattern, checkText, wireLength, type Pattern } from './pattern.ts';
import { writeIndex } from './write.ts';

/** What an index is built from. */
export interface IndexInput {
  readonly selectors: readonly { readonly handle: number; readonly selector: Selector }[];
  /** Which selectors each ruleset has: those are the patterns that its pods' names are matched against. */
  readonly rulesets: readonly { readonly number: number; readonly handles: readonly number[] }[];
  /** The map `hash_key`, as the programs got it: NW_HASH_WORDS words. */
  readonly key: Uint32Array;
  /** Blocks that the map has room for. */
  readonly blocks: number;
}

/** A name or suffix of the index. */
export interface Node {
  readonly text: string;
  handle: number;
  /** By ruleset. */
  readonly lists: Map<number, IndexedPattern[]>;
}

export interface IndexedPattern {
  readonly handle: number;
  readonly pattern: Pattern;
}

/**
 * Builds the name index that bpf/lib/name_index.h describes: whole blocks, as many as are in use. The same
 * input gives the same bytes. Selectors that no name can match (a label over 63 octets) are left out.
 *
 * @throws IndexError
 */
export function buildIndex(input: IndexInput): Uint8Array {
  const hasher = new NameHasher(input.key);
  const nodes = new Map<string, Node>();
  const patterns = new Map<number, IndexedPattern | undefined>();
  for (const { handle, selector } of input.selectors) {
    if (patterns.has(handle) || handle === 0) {
      throw new IndexError('DUPLICATE', `handle ${handle}: give every selector a handle of its own, from 1`);
    }
    const pattern = selector.kind === 'pattern' ? readPattern(selector) : undefined;
    if (selector.kind === 'name') addName(nodes, handle, selector);
    patterns.set(handle, pattern && { handle, pattern });
  }
  for (const { number, handles } of input.rulesets) {
    for (const handle of new Set(handles)) {
      const pattern = patterns.get(handle);
      if (pattern !== undefined) addPattern(nodes, number, pattern);
      else if (!patterns.has(handle)) {
        throw new IndexError('UNKNOWN_HANDLE', `ruleset ${number} has handle ${handle}; list its selector too`);
      }
    }
  }
  return writeIndex([...nodes.values()], hasher, input.blocks, input.selectors.length);
}

function nodeOf(nodes: Map<string, Node>, text: string): Node {
  let node = nodes.get(text);
  if (node === undefined) nodes.set(text, (node = { text, handle: 0, lists: new Map() }));
  return node;
}

function addName(nodes: Map<string, Node>, handle: number, selector: Selector): void {
  checkText(selector, /^[-0-9a-z_]+(\.[-0-9a-z_]+)*$/);
  if (wireLength(selector.text) === 0) return;
  const node = nodeOf(nodes, selector.text);
  if (node.handle !== 0) {
    throw new IndexError('DUPLICATE', `handles ${node.handle} and ${handle} are both ${selector.canonical}; keep one`);
  }
  node.handle = handle;
}

function addPattern(nodes: Map<string, Node>, ruleset: number, indexed: IndexedPattern): void {
  const { end } = indexed.pattern;
  for (let dot = end.indexOf('.'); dot >= 0; dot = end.indexOf('.', dot + 1)) nodeOf(nodes, end.slice(dot + 1));
  const { lists } = nodeOf(nodes, end);
  const list = lists.get(ruleset);
  if (list === undefined) {
    lists.set(ruleset, [indexed]);
    return;
  }
  list.push(indexed);
  if (list.length > NwIndex.PATTERNS_PER_LIST_MAX) {
    const where = end === '' ? 'end in a wildcard' : `end in ".${end}"`;
    throw new IndexError(
      'TOO_MANY_PATTERNS',
      `ruleset ${ruleset}: more than ${NwIndex.PATTERNS_PER_LIST_MAX} patterns ${where}; use fewer, wider ones`,
    );
  }
}
