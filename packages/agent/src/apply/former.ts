/** Rulesets that are wanted no more: events that are still under way carry their numbers. */
import type { Ruleset } from '@namewall/protocol';

export interface Named {
  readonly id: string;
  readonly ruleset: Ruleset;
}

/** The oldest goes first. */
const KEPT = 16;

export class FormerRulesets {
  readonly #byNumber = new Map<number, Named>();

  keep(number: number, named: Named): void {
    this.#byNumber.delete(number);
    this.#byNumber.set(number, named);
    for (const oldest of this.#byNumber.keys()) {
      if (this.#byNumber.size <= KEPT) return;
      this.#byNumber.delete(oldest);
    }
  }

  get(number: number): Named | undefined {
    return this.#byNumber.get(number);
  }
}
