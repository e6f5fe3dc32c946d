/** What people are told first: let through, refused, or only reported. */
import { reasonName } from '@namewall/datapath';
import { identityOf, parseCanonical } from '@namewall/policy/names';
import { type ExplanationInput, type PolicyRef, Verdict } from '@namewall/protocol';
import type { LearnedIdentity, Rules } from '../facts.ts';
import type { Words } from '../words/words.ts';

type SelectedBy = Pick<ExplanationInput, 'selectedBy' | 'policiesUnknown' | 'ruleset'>;

/** Every field is there. */
export interface Told {
  readonly reason: string;
  readonly reasonNumber: number;
  readonly why: string;
  readonly fix: string;
  readonly rule: string;
  readonly policies: PolicyRef[];
}

/** An explanation as it is made: what is told first, and the rest. */
export type Explained = ExplanationInput & Told & { readonly verdict: Verdict };

const NS_PER_MS = 1_000_000n;

export function selectedBy(rules: Rules | undefined): SelectedBy {
  return {
    ruleset: rules?.id ?? '',
    selectedBy: [...(rules?.policies ?? [])],
    policiesUnknown: rules !== undefined && rules.policies === undefined,
  };
}

export function told(reason: number, { why, fix, rule, policies }: Words): Told {
  return {
    reason: reason === 0 ? '' : reasonName(reason),
    reasonNumber: reason,
    why,
    fix,
    rule,
    policies: [...policies],
  };
}

export function identityText(selector: string): string {
  return selector === '' ? '' : Buffer.from(identityOf(parseCanonical(selector))).toString('hex');
}

export function addressEntry(
  identity: LearnedIdentity,
  time: bigint,
): NonNullable<ExplanationInput['addresses']>[number] {
  const { selector, name, address, expires } = identity;
  return { selector, identity: identityText(selector), name, address, expiresInMs: (expires - time) / NS_PER_MS };
}

export function auditEntry({ reason, why, policies }: Told, refused: boolean): NonNullable<ExplanationInput['audit']> {
  return { refused, reason, why, policies };
}

export const verdictOf = (refused: boolean, audit: boolean): Verdict => {
  if (audit) return Verdict.VERDICT_AUDIT;
  return refused ? Verdict.VERDICT_REFUSED : Verdict.VERDICT_PASSED;
};
