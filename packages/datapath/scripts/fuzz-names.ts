/**
 * Holds name_read() and name_match() to the reference matcher, for as many generated names as wanted.
 *
 *   node packages/datapath/scripts/fuzz-names.ts [--pairs 5000000] [--seed N] [--set N]
 *
 * A pair is a name and the selectors that it was made for, all of which it is held against. A failure says with which
 * seed and set it comes again at once. Exit 1 on a disagreement.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Agreement, Disagreement } from '../test/names/agreement.ts';
import { Kernel, seededKey } from '../test/names/kernel.ts';

const PROGRESS_MS = 5000;

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Error(`--${name} is "${text}": give a whole number from 0 to ${most}`);
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '5000000' },
      seed: { type: 'string', default: String(randomInt(2 ** 32)) },
      set: { type: 'string', default: '0' },
    },
  });
  const pairs = wholeNumber('pairs', values.pairs, Number.MAX_SAFE_INTEGER);
  const seed = wholeNumber('seed', values.seed, 2 ** 32 - 1);
  const first = wholeNumber('set', values.set, 2 ** 32 - 1);
  using kernel = new Kernel(4096, seededKey(seed));
  const agreement = new Agreement(kernel, seed);
  const { agreed } = agreement;
  const start = performance.now();
  const report = (): string => {
    const seconds = (performance.now() - start) / 1000;
    const rate = Math.round(agreed.names / Math.max(seconds, 1e-9));
    return `${seconds.toFixed(0)} s: ${agreed.names} names, ${rate}/s, ${agreed.matched} selected, ${agreed.verdicts} verdicts compared`;
  };
  console.log(`seed ${seed}; ${pairs} names, each held against the selectors of its set`);
  let told = start;
  for (let set = first; agreed.names < pairs; set++) {
    agreement.run(set, pairs - agreed.names);
    if (performance.now() - told < PROGRESS_MS) continue;
    told = performance.now();
    console.log(report());
  }
  console.log(`${report()}; 0 disagreements`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Disagreement ? `DISAGREEMENT: ${error.message}` : error);
  process.exitCode = 1;
}
