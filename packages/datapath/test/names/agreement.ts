import { type Selector, NameHasher, foldWire, foldedLabels, matchesLabels, wireToText } from '@namewall/policy';
import { NwPendingSize } from '../../src/gen/enums.gen.ts';
import { randomName, randomSelector } from './generate.ts';
import type { Kernel, Outcome } from './kernel.ts';
import { Random } from './random.ts';

const NAMES_PER_SET = 448;
const RULESET = 7;
const OTHER = 8;
const ROOM = NwPendingSize.IDENTITIES_PER_NAME + 1;

/** What is held to the reference. Tests put a wrong one in its place. */
export type Matcher = Pick<Kernel, 'key' | 'use' | 'matchAll'>;

/** What a run came to. */
export interface Agreed {
  /** Names looked up in the kernel. */
  names: number;
  /** Of those, how many some selector of their set selects. */
  matched: number;
  /** Selectors that names were held against, name by name. */
  verdicts: number;
}

/** The kernel and the reference matcher disagree. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

/**
 * Sets of generated selectors and the names made for them, each set by its number and the run's seed alone: one is
 * had again without those before it.
 */
export class Agreement {
  readonly #matcher: Matcher;
  readonly #seed: number;
  readonly #hasher: NameHasher;
  readonly agreed: Agreed = { names: 0, matched: 0, verdicts: 0 };

  constructor(matcher: Matcher, seed: number) {
    this.#matcher = matcher;
    this.#seed = seed;
    this.#hasher = new NameHasher(matcher.key);
  }

  /** Holds one set's names, at most `most`, against it. @throws Disagreement */
  run(set: number, most: number): void {
    const random = new Random(this.#seed ^ Math.imul(set, 0x9e3779b1));
    const selectors = randomSelectors(random);
    const handles = selectors.map((_, i) => i + 1);
    const mine = new Set(handles.filter(() => random.chance(0.8)));
    const others = handles.filter((handle) => !mine.has(handle) || random.chance(0.2));
    this.#matcher.use(selectors, [
      { number: RULESET, handles: [...mine] },
      { number: OTHER, handles: others },
    ]);
    const names = Array.from({ length: Math.min(NAMES_PER_SET, most) }, () => randomName(random, selectors));
    const outcomes = this.#matcher.matchAll(RULESET, names);
    for (const [i, wire] of names.entries()) {
      const outcome = outcomes[i];
      const fault = outcome === undefined ? 'was not looked up' : this.#fault(selectors, mine, wire, outcome);
      if (fault === undefined) continue;
      const texts = selectors.map(({ text }, at) => `${text}${mine.has(at + 1) ? '' : ' (not of the ruleset)'}`);
      throw new Disagreement(
        `"${wireToText(wire)}" ${fault}\n  selectors: ${texts.join(', ')}\n  again: make fuzz-names SEED=${this.#seed} SET=${set} PAIRS=${NAMES_PER_SET}`,
      );
    }
  }

  /** What must come out: every selector that matches, the name itself first; what finds no room is counted. */
  #fault(
    selectors: readonly Selector[],
    mine: ReadonlySet<number>,
    wire: Uint8Array,
    { size, hash, handles, overflow }: Outcome,
  ): string | undefined {
    const labels = foldedLabels(wire);
    const matching = selectors.flatMap((selector, i) => (matchesLabels(selector, labels) ? [i + 1] : []));
    const expected = matching.filter((handle) => mine.has(handle) || selectors[handle - 1]?.kind === 'name');
    this.agreed.names++;
    this.agreed.verdicts += selectors.length;
    if (matching.length > 0) this.agreed.matched++;
    if (size !== wire.length) return `is read as ${size} octets, it has ${wire.length}`;
    this.#hasher.name(foldWire(wire), wire.length - 1);
    if (hash !== ((BigInt(this.#hasher.high) << 32n) | BigInt(this.#hasher.low))) return 'has another hash';
    const said = `is selected by ${expected.join() || 'nothing'}, the kernel says ${handles.join() || 'nothing'}`;
    if (handles.length + overflow !== expected.length) return `${said} and ${overflow} more`;
    if (expected.length <= ROOM && overflow > 0) return `found no room for ${overflow}`;
    if (new Set(handles).size !== handles.length) return said;
    return handles.every((handle) => expected.includes(handle)) ? undefined : said;
  }
}

function randomSelectors(random: Random): Selector[] {
  const unique = new Map<string, Selector>();
  const count = random.between(1, random.chance(0.1) ? 120 : 12);
  while (unique.size < count) {
    const selector = randomSelector(random);
    unique.set(selector.canonical, selector);
  }
  return [...unique.values()];
}
