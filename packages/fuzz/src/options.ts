import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface Options {
  /** A directory of messages; without one they are made by grammar alone. */
  readonly corpus: string | undefined;
  readonly seconds: number;
  /** Messages over real connections, behind the others. */
  readonly live: number;
  readonly seed: number | undefined;
  readonly findings: string;
  /** A finding, or a raw message. */
  readonly replay: string | undefined;
  readonly object: string;
}

/** The shipped datapath. */
export const OBJECT = fileURLToPath(new URL('../../../build/datapath.bpf.o', import.meta.url));

const USAGE = `node packages/fuzz/src/main.ts [--corpus DIR] [--seconds N] [--live N] [--seed N] [--findings DIR] [--object FILE]
node packages/fuzz/src/main.ts --replay FILE [--object FILE]`;

/** @throws Error that says which option is wrong and what it may be */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      corpus: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      live: { type: 'string', default: '5000' },
      seed: { type: 'string' },
      findings: { type: 'string', default: 'build/fuzz' },
      replay: { type: 'string' },
      object: { type: 'string', default: OBJECT },
    },
  });
  const { corpus, replay, findings, object } = values;
  if (corpus !== undefined && replay !== undefined) throw new Error(`give --corpus or --replay, not both:\n${USAGE}`);
  const seconds = numberOf('--seconds', values.seconds, 86_400 * 7);
  const live = numberOf('--live', values.live, 10_000_000);
  const seed = values.seed === undefined ? undefined : numberOf('--seed', values.seed, 2 ** 32 - 1);
  return { corpus, replay, findings, seconds, live, seed, object };
}

function numberOf(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new Error(`${option} is "${text}": give a whole number up to ${most}`);
}
