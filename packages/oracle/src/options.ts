import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The shipped datapath. */
export const OBJECT = fileURLToPath(new URL('../../../build/datapath.bpf.o', import.meta.url));

export interface Options {
  readonly cases: number;
  readonly seed: number | undefined;
  readonly findings: string;
  /** A case to be had again. */
  readonly replay: string | undefined;
  readonly object: string;
}

const USAGE = `node packages/oracle/src/main.ts [--cases N] [--seed N] [--findings DIR] [--object FILE]
node packages/oracle/src/main.ts --replay FILE [--object FILE]`;

/** @throws Error that says which option is wrong and what it may be */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '2000000' },
      seed: { type: 'string' },
      findings: { type: 'string', default: 'build/oracle' },
      replay: { type: 'string' },
      object: { type: 'string', default: OBJECT },
    },
  });
  const { findings, replay, object } = values;
  const seed = values.seed === undefined ? undefined : numberOf('--seed', values.seed);
  return { cases: numberOf('--cases', values.cases), seed, findings, replay, object };
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number < 2 ** 31) return number;
  throw new Error(`${option} is "${text}": give a whole number below 2^31\n${USAGE}`);
}
