import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Agreement, Disagreement, type Matcher } from './names/agreement.ts';
import { Kernel, seededKey } from './names/kernel.ts';

/** Some 13 s of one CPU; `make fuzz-names` runs as many as wanted. */
const NAMES = 1_000_000;

/** Runs sets until so many names were looked up. */
function agree(matcher: Matcher, seed: number, names: number): Agreement {
  const agreement = new Agreement(matcher, seed);
  for (let set = 0; agreement.agreed.names < names; set++) agreement.run(set, names - agreement.agreed.names);
  return agreement;
}

test(`name_read and name_match agree with the reference matcher on ${NAMES} generated names`, () => {
  const seed = randomInt(2 ** 32);
  using kernel = new Kernel(4096, seededKey(seed));
  const { names, matched } = agree(kernel, seed, NAMES).agreed;
  assert.equal(names, NAMES);
  const share = matched / names;
  assert.ok(share > 0.2 && share < 0.9, `seed ${seed}: ${share} of the names matched: the generator makes poor pairs`);
});

test("control: an index without the ruleset's patterns is found out, and the failure says how to have it again", () => {
  using kernel = new Kernel(4096, seededKey(1));
  const wrong: Matcher = {
    key: kernel.key,
    use: (selectors, rulesets) => {
      kernel.use(
        selectors,
        rulesets.map(({ number }) => ({ number, handles: [] })),
      );
    },
    matchAll: (ruleset, names) => kernel.matchAll(ruleset, names),
  };
  let message = '';
  assert.throws(
    () => agree(wrong, 1, 5000),
    (error) => {
      message = error instanceof Disagreement ? error.message : '';
      return message !== '';
    },
  );
  assert.match(message, /is selected by .*, the kernel says /);
  const [, seed, set] = /again: make fuzz-names SEED=(\d+) SET=(\d+)/.exec(message) ?? [];
  assert.throws(() => new Agreement(wrong, Number(seed)).run(Number(set), 1000), { message });
});
