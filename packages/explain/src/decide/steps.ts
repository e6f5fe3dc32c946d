/** A decision is an ordered list of small functions; the first that gives a reason decides. */
export interface Look {
  /** What this step saw, for people. */
  readonly found: string;
  /** enum nw_reason; undefined: the next step decides. */
  readonly reason?: number | undefined;
}

export type Step<Situation> = readonly [name: string, look: (situation: Situation) => Look];

export interface Seen {
  readonly name: string;
  readonly found: string;
  readonly decides: boolean;
}

export interface Walked {
  /** Those up to the one that decides. */
  readonly steps: readonly Seen[];
  readonly reason: number;
}

/** The last step must give a reason. */
export function walk<Situation>(order: readonly Step<Situation>[], situation: Situation): Walked {
  const steps: Seen[] = [];
  for (const [name, look] of order) {
    const { found, reason } = look(situation);
    steps.push({ name, found, decides: reason !== undefined });
    if (reason !== undefined) return { steps, reason };
  }
  throw new Error('the last step gave no reason');
}
