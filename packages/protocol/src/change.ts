import type { Resource, ResourceId } from './resource.ts';

/** What stands between two `complete` deltas: applied as one, or not at all. */
export interface Change {
  readonly upserts: readonly Resource[];
  readonly removals: readonly ResourceId[];
  /** W3C Trace Context of what caused it; empty when not sampled. */
  readonly traceparent: string;
}

export interface ResourceProblem extends ResourceId {
  /** A constant in CamelCase. */
  readonly reason: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** `ok: false`: nothing of the change was applied; what was enforced before still is. */
export type ApplyResult = { readonly ok: true } | { readonly ok: false; readonly errors: readonly ResourceProblem[] };

/** Enforces a change. The signal aborts when the agent stops, not when the stream breaks. */
export type Apply = (change: Change, signal: AbortSignal) => Promise<ApplyResult>;
