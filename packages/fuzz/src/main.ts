import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFinding } from './finding.ts';
import { fuzz } from './fuzz.ts';
import { Kernel } from './kernel/kernel.ts';
import { live } from './live/live.ts';
import { readCorpus } from './messages/corpus.ts';
import { type Options, parseOptions } from './options.ts';
import { reference } from './reference/reference.ts';
import { casesOf } from './supply.ts';
import { Trial } from './trial.ts';

/** Of disagreements over connections. */
const PROBLEMS_SHOWN = 10;

/** Runs a finding, or a raw message, and says what the datapath and the reference make of it. */
function replay(path: string, object: string): boolean {
  using kernel = new Kernel(object);
  const trial = new Trial(kernel, reference);
  const cases = path.endsWith('.json') ? [readFinding(path)] : casesOf(readFileSync(path));
  let agreed = true;
  for (const one of cases) {
    const { problems, opinion, reason } = trial.run(one, true);
    const all = [...problems, ...(typeof opinion === 'object' ? [opinion.unexplained] : [])];
    console.log(`${one.direction} ${one.message.toString('hex')}\nby the reference: ${reason}`);
    console.log(all.length === 0 ? 'the datapath agrees' : all.join('\n'));
    agreed &&= all.length === 0;
  }
  return agreed;
}

/** Holds the datapath to the reference parser until the time is over, then over real connections. */
async function search(options: Options): Promise<boolean> {
  const { corpus: directory, seconds, seed = randomInt(2 ** 32), findings, object } = options;
  const corpus = directory === undefined ? [] : readCorpus(directory);
  const cut = corpus.filter((message) => message.cut).length;
  console.log(`seed ${seed}; ${corpus.length} messages of a corpus, ${cut} of them cut to what a test-run takes`);
  if (directory !== undefined && corpus.length === 0) {
    throw new Error(`no messages in ${directory}: put one raw DNS message into each file, without TCP's length`);
  }
  const tally = fuzz({
    corpus,
    seconds,
    seed,
    findings,
    objectPath: object,
    reference,
    print: (line) => {
      console.log(line);
    },
  });
  console.log(tally.report());
  if (tally.failed) console.log(`failed; seed ${seed}; have one again with --replay FILE.json of ${findings}`);
  const sample = await live({ corpus, messages: options.live, seed, objectPath: object, reference });
  const { messages, taught, refused, problems } = sample;
  const rate = Math.round(messages / Math.max(sample.seconds, 1e-9));
  console.log(
    `${messages} messages over real TCP connections in ${sample.seconds.toFixed(1)} s, ${rate}/s; ${taught} taught an address, ${refused} were refused; ${problems.length} disagreements`,
  );
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`DISAGREEMENT over a connection: ${problem}`);
  return !tally.failed && problems.length === 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  const agreed = options.replay === undefined ? await search(options) : replay(options.replay, options.object);
  process.exitCode = agreed ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
