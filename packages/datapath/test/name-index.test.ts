import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { env } from 'node:process';
import { after, before, suite, test } from 'node:test';
import { type Selector, foldWire, matches, nameHash, wireToText } from '@namewall/policy';
import { NwPendingSize } from '../src/gen/enums.gen.ts';
import { randomName, randomSelector } from './names/generate.ts';
import { Kernel } from './names/kernel.ts';
import { Random } from './names/random.ts';

/** Another run of the same pairs: NAMEWALL_SEED=… (each failure prints it). */
const seed = Number(env['NAMEWALL_SEED'] ?? randomInt(2 ** 31));
const SETS = Number(env['NAMEWALL_SETS'] ?? 500);
const NAMES_PER_SET = 400;
const ROOM = NwPendingSize.IDENTITIES_PER_NAME + 1;

let kernel: Kernel;
before(() => {
  kernel = new Kernel();
});
after(() => {
  kernel[Symbol.dispose]();
});

const handlesOf = (selectors: readonly Selector[]): number[] => selectors.map((_, i) => i + 1);

/** What must come out: every selector that matches, the name itself first; what finds no room is counted. */
function compare(
  selectors: readonly Selector[],
  mine: ReadonlySet<number>,
  wire: Uint8Array,
  about: () => string,
): void {
  const outcome = kernel.match(7, wire);
  const folded = foldWire(wire);
  const isMine = (handle: number): boolean => mine.has(handle) || selectors[handle - 1]?.kind === 'name';
  const expected = handlesOf(selectors).filter((handle) => {
    const selector = selectors[handle - 1];
    return selector !== undefined && isMine(handle) && matches(selector, wire);
  });
  assert.equal(outcome.size, wire.length, about());
  assert.equal(outcome.hash, nameHash(folded, kernel.key), about());
  assert.equal(
    outcome.handles.length + outcome.overflow,
    expected.length,
    `${about()} expected ${expected.join()} got ${outcome.handles.join()}`,
  );
  assert.equal(new Set(outcome.handles).size, outcome.handles.length, about());
  for (const handle of outcome.handles) assert.ok(expected.includes(handle), `${about()} got ${handle}`);
  if (expected.length <= ROOM) assert.equal(outcome.overflow, 0, about());
}

suite('name_read and name_match against the reference matcher', () => {
  test(`agree on ${SETS * NAMES_PER_SET} generated pairs`, () => {
    const random = new Random(seed);
    let matched = 0;
    for (let set = 0; set < SETS; set++) {
      const unique = new Map<string, Selector>();
      const count = random.between(1, random.chance(0.1) ? 120 : 12);
      while (unique.size < count) {
        const selector = randomSelector(random);
        unique.set(selector.canonical, selector);
      }
      const selectors = [...unique.values()];
      const mine = handlesOf(selectors).filter(() => random.chance(0.8));
      const others = handlesOf(selectors).filter((handle) => !mine.includes(handle) || random.chance(0.2));
      kernel.use(selectors, [
        { number: 7, handles: mine },
        { number: 8, handles: others },
      ]);
      const known = new Set(mine);
      for (let i = 0; i < NAMES_PER_SET; i++) {
        const wire = randomName(random, selectors);
        compare(
          selectors,
          known,
          wire,
          () =>
            `NAMEWALL_SEED=${seed} set ${set} name ${i} "${wireToText(wire)}" of ${selectors.map(({ text }) => text).join(' ')}`,
        );
        if (selectors.some((selector) => matches(selector, wire))) matched++;
      }
    }
    const share = matched / (SETS * NAMES_PER_SET);
    assert.ok(
      share > 0.2 && share < 0.9,
      `seed ${seed}: ${share} of the names matched: the generator makes poor pairs`,
    );
  });
});
