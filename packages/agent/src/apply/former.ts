/** Rulesets that are wanted no more: events that are still under way carry their numbers. */
import type { Ruleset } from '@namewall/protocol';

export interface Named {
  readonly id: string;
  readonly ruleset: Ruleset;
}

/** Of those that are kept, and of their selectors together. What is larger is told from its rows in the pins. */
const RULESETS = 16;
const SELECTORS = 4096;

export class FormerRulesets {
  readonly #byNumber = new Map<number, Named>();
  #selectors = 0;

  /** The oldest goes first. */
  keep(number: number, named: Named): void {
    this.#drop(number);
    this.#byNumber.set(number, named);
    this.#selectors += named.ruleset.names.length;
    for (const oldest of this.#byNumber.keys()) {
      if (this.#byNumber.size <= RULESETS && this.#selectors <= SELECTORS) return;
      this.#drop(oldest);
    }
  }

  get(number: number): Named | undefined {
    return this.#byNumber.get(number);
  }

  #drop(number: number): void {
    this.#selectors -= this.#byNumber.get(number)?.ruleset.names.length ?? 0;
    this.#byNumber.delete(number);
  }
}
