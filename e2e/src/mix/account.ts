/** Every look-up and connection of the mix, with how it should have ended and how it did. */
export class Account {
  readonly #wrong: { when: string; text: string }[] = [];
  readonly #sums = new Map<string, number>();
  #entries = 0;

  /** @param times how many look-ups, connections or messages this stands for */
  enter(when: string, what: string, expected: string, seen: string, times = 1): void {
    this.#entries += times;
    if (seen !== expected) this.#wrong.push({ when, text: `${what}: ${seen}, not ${expected}` });
    const key = `${what}: ${seen}`;
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + times);
  }

  /** What did not end as it should then, each in words. */
  wrong(when: string): string[] {
    return this.#wrong.filter((one) => one.when === when).map(({ text }) => text);
  }

  get entries(): number {
    return this.#entries;
  }

  /** How many of one kind ended in one way. */
  count(what: string, seen: string): number {
    return this.#sums.get(`${what}: ${seen}`) ?? 0;
  }
}
