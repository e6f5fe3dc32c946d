/** namewallctl. Exit codes: 0 done, 1 it did not work, 2 called wrongly. */
import { readFileSync } from 'node:fs';
import { run } from './program.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
// A reader that goes away (`namewallctl observe | head`) is an end, not a fault.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), version, {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  signal: stop.signal,
});
