/** Words for a problem that both validate() and the API server report: the reason, then the fix. */
export type Words = readonly [reason: string, fix: string];

/** A rule that the API server checks. Of `message` and `messageExpression` the latter counts where it has a value. */
export interface CelRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

/**
 * Metadata that makes CEL rules of what a refinement says in TypeScript, so that both stand side by side. A refinement
 * without a rule is one that CEL cannot express within the API server's limits on cost: there the operator's Accepted
 * condition tells.
 */
export function cel(...rules: CelRule[]): { 'x-kubernetes-validations': CelRule[] } {
  return { 'x-kubernetes-validations': rules };
}

/** As Problem is shown to people. */
export function say([reason, fix]: Words): string {
  return `${reason}; ${fix}`;
}

/** A raw string literal of CEL: nothing in it is escaped. */
export function raw(text: string): string {
  return text.includes("'") ? `r"${text}"` : `r'${text}'`;
}

/** A condition of CEL with two literals or expressions to choose from. */
export function either(condition: string, yes: string, no: string): string {
  return `(${condition}) ? ${yes} : ${no}`;
}
