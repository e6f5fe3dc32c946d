/** What a check found: did it hold, and what was seen, in a few words. */
export interface Finding {
  readonly held: boolean;
  readonly seen: string;
}

/** Prints checks as they are made and counts them. */
export class Board {
  readonly #write: (text: string) => void;
  readonly #colour: boolean;
  #made = 0;
  #held = 0;

  constructor(write: (text: string) => void, colour: boolean) {
    this.#write = write;
    this.#colour = colour;
  }

  get allHeld(): boolean {
    return this.#made === this.#held;
  }

  get summary(): string {
    return `${this.#held} of ${this.#made} checks held`;
  }

  section(text: string): void {
    this.#write(`\n${this.#paint('1', text)}\n`);
  }

  note(text: string): void {
    this.#write(`     ${this.#paint('2', text)}\n`);
  }

  /** Makes one check. What it throws is a check that did not hold. */
  async check(claim: string, probe: () => Promise<Finding>): Promise<void> {
    this.#made += 1;
    const { held, seen } = await probe().catch((error: unknown) => ({ held: false, seen: explain(error) }));
    if (held) this.#held += 1;
    const mark = held ? this.#paint('32', '✔') : this.#paint('31', '✘');
    this.#write(`  ${mark}  ${claim.padEnd(WIDTH)} ${this.#paint(held ? '2' : '31', seen)}\n`);
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}

const WIDTH = 52;

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
