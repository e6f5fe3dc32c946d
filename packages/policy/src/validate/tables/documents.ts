import { policy, to } from '../../testing.ts';

/** A policy of which one part is of interest; the parts may be such that no type allows them. */
export interface Draft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
}

export const base: Draft = policy('p', {});

export function withSpec(spec: object): Draft {
  return { ...base, spec: { podSelector: {}, ...spec } };
}

export function withRule(rule: object): Draft {
  return withSpec({ egress: [{ ...to('a.example'), ...rule }] });
}

export function many(count: number, of: (at: number) => string): string[] {
  return Array.from({ length: count }, (_, at) => of(at));
}
