import type { z } from 'zod';
import { SelectorError, ValueError } from '../errors.ts';

/** What is wrong with a document, where, and what to write instead. */
export interface Problem {
  /** from the document's root; [] is the document itself */
  readonly path: readonly (string | number)[];
  readonly reason: string;
  readonly fix: string;
}

/** Reports a problem of a value at `path` below it. */
export function addProblem(ctx: z.RefinementCtx, path: (string | number)[], reason: string, fix: string): void {
  ctx.addIssue({ code: 'custom', path, message: reason, params: { fix } });
}

/** Runs `read` and reports what it throws. */
export function tryRead(ctx: z.RefinementCtx, path: (string | number)[], read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ValueError || error instanceof SelectorError)) throw error;
    addProblem(ctx, path, error.reason, error.fix);
  }
}

/** Reports every value that stands in the list before, by its key; undefined keys are left out. */
export function forbidRepeats(
  ctx: z.RefinementCtx,
  path: (string | number)[],
  keys: readonly (string | undefined)[],
): void {
  const first = new Map<string, number>();
  for (const [at, key] of keys.entries()) {
    if (key === undefined) continue;
    const before = first.get(key);
    if (before === undefined) first.set(key, at);
    else addProblem(ctx, [...path, at], `repeats entry ${before} of the list`, 'remove one of them');
  }
}
