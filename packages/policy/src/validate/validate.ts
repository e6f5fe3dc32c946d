import { type Document, KINDS } from '../schema/document.ts';
import type { Problem } from '../schema/problem.ts';
import { explain } from './explain.ts';
import { nearest } from './near.ts';
import { warningsOf } from './warnings.ts';

/** A document that may be used as it is, or everything that is wrong with it. */
export type Validation =
  | { readonly ok: true; readonly value: Document; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly errors: readonly Problem[]; readonly warnings: readonly Problem[] };

/**
 * Judges a parsed YAML or JSON document of any kind that we know. The value is the document itself,
 * typed; nothing is filled in. Never throws.
 */
export function validate(doc: unknown): Validation {
  if (typeof doc !== 'object' || doc === null || Array.isArray(doc)) {
    return failed([{ path: [], reason: 'is not a mapping', fix: 'write apiVersion, kind, metadata and spec' }]);
  }
  const { kind, apiVersion } = doc as { kind?: unknown; apiVersion?: unknown };
  const known = typeof kind === 'string' ? KINDS.get(kind) : undefined;
  if (known === undefined) return failed([wrongKind(kind)]);
  const wrongVersion = apiVersion === known.apiVersion ? [] : [wrongApiVersion(apiVersion, known.apiVersion)];
  const result = known.schema.safeParse({ ...doc, apiVersion: known.apiVersion }, { reportInput: true });
  const errors = result.success ? [] : result.error.issues.flatMap((issue) => explain(known.schema, issue));
  if (!result.success || wrongVersion.length > 0) return failed([...wrongVersion, ...errors]);
  return { ok: true, value: result.data, warnings: warningsOf(result.data) };
}

function failed(errors: Problem[]): Validation {
  return { ok: false, errors, warnings: [] };
}

function wrongKind(kind: unknown): Problem {
  const kinds = [...KINDS.keys()];
  const all = kinds.join(', ');
  if (typeof kind !== 'string') return { path: ['kind'], reason: 'is missing', fix: `write one of ${all}` };
  const meant = nearest(kind, kinds);
  return { path: ['kind'], reason: `"${kind}" is not known here`, fix: `write ${meant ?? all}` };
}

function wrongApiVersion(found: unknown, expected: string): Problem {
  const reason = typeof found === 'string' ? `"${found}" is not known here` : 'is missing';
  return { path: ['apiVersion'], reason, fix: `write ${expected}` };
}
