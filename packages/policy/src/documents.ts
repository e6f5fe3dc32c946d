import {
  type Document as YamlDocument,
  LineCounter,
  type Node,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Document } from './schema/document.ts';
import type { Problem } from './schema/problem.ts';
import { validate } from './validate/validate.ts';

/** Octets of one file. */
export const FILE_SIZE_MAX = 1024 * 1024;
/** Nodes that the aliases of one YAML document may stand for, of each anchor. */
const ALIASES_MAX = 100;

/** A problem and where it stands. */
export interface FileProblem extends Problem {
  readonly file: string;
  /** from 1 */
  readonly line: number;
}

/** One document of a file, as JavaScript values; not validated. */
export interface ReadDocument {
  readonly value: unknown;
  /** line of the field at a path, or of the nearest field around it that is there */
  readonly lineOf: (path: Problem['path']) => number;
}

/** A document that may be used. */
export interface CheckedDocument {
  readonly document: Document;
  readonly file: string;
  readonly line: number;
}

/**
 * Reads the YAML or JSON documents of a file; empty ones are left out. With any error there are no
 * documents. Never throws.
 * @param source text, or the file's octets
 */
export function readDocuments(
  source: string | Uint8Array,
  file: string,
): { documents: ReadDocument[]; errors: FileProblem[] } {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.length;
  if (size > FILE_SIZE_MAX) return { documents: [], errors: [fileTooLarge(file, size)] };
  try {
    return parse(typeof source === 'string' ? source : decode(source), file);
  } catch (error) {
    return { documents: [], errors: [{ file, line: 1, path: [], ...unreadable(error) }] };
  }
}

/** Reads and validates every document of a file. With any error there are no documents. Never throws. */
export function checkDocuments(
  source: string | Uint8Array,
  file: string,
): { documents: CheckedDocument[]; errors: FileProblem[]; warnings: FileProblem[] } {
  const read = readDocuments(source, file);
  const documents: CheckedDocument[] = [];
  const errors = [...read.errors];
  const warnings: FileProblem[] = [];
  for (const { value, lineOf } of read.documents) {
    const located = (problem: Problem): FileProblem => ({ ...problem, file, line: lineOf(problem.path) });
    const result = validate(value);
    warnings.push(...result.warnings.map(located));
    if (result.ok) documents.push({ document: result.value, file, line: lineOf([]) });
    else errors.push(...result.errors.map(located));
  }
  return { documents: errors.length === 0 ? documents : [], errors, warnings };
}

/** What is wrong with a file that need not be read to know. */
export function fileTooLarge(file: string, size: number): FileProblem {
  const reason = `the file has ${size} octets, ${FILE_SIZE_MAX} is the most`;
  return { file, line: 1, path: [], reason, fix: 'split it into several files' };
}

/** @returns `file:line: field: reason; fix` */
export function formatProblem({ file, line, path, reason, fix }: FileProblem): string {
  const field = path.length === 0 ? '' : `${formatPath(path)}: `;
  return `${file}:${line}: ${field}${reason}; ${fix}`;
}

/** @returns as people write it: `spec.egress[0].to`, `metadata.annotations["namewall.dev/netns"]` */
export function formatPath(path: Problem['path']): string {
  return path
    .map((part, at) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z_][\w-]*$/u.test(part)) return `[${JSON.stringify(part)}]`;
      return at === 0 ? part : `.${part}`;
    })
    .join('');
}

function decode(octets: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(octets);
}

const TOO_DEEP = { reason: 'is nested too deeply', fix: 'write it with fewer levels' };

/** Errors of one file that are worth reading. */
const ERRORS_MAX = 20;

function parse(text: string, file: string): { documents: ReadDocument[]; errors: FileProblem[] } {
  const lines = new LineCounter();
  // The library compares every key with every other: 60,000 of them would take it half a minute.
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const all = 'empty' in parsed ? [] : parsed;
  // A tag that YAML does not define is only a warning there; what it means here nobody knows.
  const faults = all.flatMap((doc) => [...doc.errors, ...doc.warnings, ...repeatedKeys(doc)]);
  const errors = faults.slice(0, ERRORS_MAX).map(({ message, pos }) => ({
    file,
    line: lines.linePos(pos[0]).line,
    path: [],
    ...syntax(message),
  }));
  if (errors.length > 0) return { documents: [], errors };
  return { documents: all.filter(({ contents }) => !isEmpty(contents)).map((doc) => readDocument(doc, lines)), errors };
}

function repeatedKeys(doc: YamlDocument): { message: string; pos: readonly [number] }[] {
  const found: { message: string; pos: readonly [number] }[] = [];
  visit(doc, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name === undefined) continue;
        if (seen.has(name)) {
          found.push({ message: `the key ${JSON.stringify(name)} stands here twice`, pos: [startOf(key) ?? 0] });
        }
        seen.add(name);
      }
    },
  });
  return found;
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function readDocument(doc: YamlDocument, lines: LineCounter): ReadDocument {
  const value: unknown = doc.toJS({ maxAliasCount: ALIASES_MAX });
  return { value, lineOf: (path) => lines.linePos(offsetOf(doc, path)).line };
}

/** Where the field's key, or the list's entry, begins. */
function offsetOf(doc: YamlDocument, path: Problem['path']): number {
  let node: unknown = doc.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(doc);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : '') === String(part));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function syntax(message: string): { reason: string; fix: string } {
  if (message.startsWith('Maximum call stack')) return TOO_DEEP;
  const reason = `is not valid YAML: ${message.split('\n', 1)[0] ?? ''}`;
  return { reason, fix: 'correct the syntax here or just above' };
}

function unreadable(error: unknown): { reason: string; fix: string } {
  if (error instanceof ReferenceError) {
    return { reason: `has too many aliases: ${error.message}`, fix: 'write the repeated parts out' };
  }
  if (error instanceof RangeError) return TOO_DEEP;
  if (error instanceof TypeError) return { reason: 'is not UTF-8 text', fix: 'save it as UTF-8' };
  return { reason: `cannot be read: ${String(error)}`, fix: 'correct or remove the file' };
}
