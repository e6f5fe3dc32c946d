/** Numbers that look random and come again with their seed (xorshift32). */
export class Numbers {
  #state: number;
  constructor(seed: number) {
    this.#state = seed || 1;
  }
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
  pick<T>(...choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
