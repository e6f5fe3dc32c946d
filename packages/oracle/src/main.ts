import { randomInt } from 'node:crypto';
import { readFinding } from './cases/case.ts';
import { parseOptions } from './options.ts';
import { type Report, replay, run } from './run.ts';

function tell({ judged, policies, seconds, reasons, missed, finding, difference }: Report): boolean {
  const rows = [...reasons].toSorted(([, a], [, b]) => b - a);
  for (const [reason, count] of rows) console.log(`${String(count).padStart(10)}  ${reason}`);
  console.log(`${judged} verdicts on ${policies} policies in ${seconds.toFixed(1)} s`);
  if (finding !== undefined) {
    console.log(`DIFFERENCE ${difference ?? ''}\nhave it again: node packages/oracle/src/main.ts --replay ${finding}`);
  } else if (missed.length > 0) console.log(`reasons that no case had: ${missed.join(' ')}`);
  return finding === undefined && missed.length === 0;
}

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2));
  if (options.replay !== undefined) {
    const difference = await replay(options.object, readFinding(options.replay).one);
    console.log(difference ?? 'the datapath and the oracle agree');
    return difference === undefined;
  }
  const { cases, findings, object, seed = randomInt(2 ** 31) } = options;
  console.log(`seed ${seed}`);
  const print = (line: string): void => {
    console.log(line);
  };
  return tell(await run({ cases, seed, findings, objectPath: object, print }));
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
