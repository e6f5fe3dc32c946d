import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { mustRun } from '@namewall/e2e';
import type { BpfProgram } from '@namewall/libbpf';
import { median } from './figure.ts';

/** Nanoseconds a run, net of the empty program on the same frame. */
export interface Cost {
  readonly least: number;
  readonly median: number;
}

/** TC actions as a program returns them. */
export const VERDICT = { PASS: 0xffff_ffff, REDIRECT: 7 } as const;

/** A frame for a program, once. What is not measured only prepares. */
export interface Step {
  readonly program: BpfProgram;
  readonly frame: Buffer;
  readonly measured: boolean;
  readonly verdict?: number;
}

/** More than the second-level cache holds, and more pages than there are translations kept. */
const COLD_OCTETS = 8 << 20;
const BATCHES = 15;
/** So many events, of a query each, fit the ring. */
const REPEAT = 5_000;

/** The C program that runs steps with nothing in between. */
export class Runs {
  readonly #program: string;
  readonly #file: string;
  readonly #empty: BpfProgram;

  /** @param folder for what is compiled and written */
  constructor(folder: string, empty: BpfProgram) {
    this.#program = path.join(folder, 'runs');
    this.#file = path.join(folder, 'steps');
    this.#empty = empty;
    const source = path.join(import.meta.dirname, 'programs/runs.c');
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', this.#program, source], { stdio: 'pipe' });
  }

  /** Step after step, back to back; cold: with other memory touched before each measured one. */
  async once(steps: readonly Step[], { cold = false } = {}): Promise<Cost> {
    writeFileSync(this.#file, Buffer.concat(steps.flatMap((step) => [header(step), step.frame])));
    const argv = [this.#program, this.#file, String(cold ? COLD_OCTETS : 0), String(this.#empty.info.id)];
    const lines = (await mustRun(argv)).trim().split('\n');
    return net(lines.map((line) => line.split(' ').map(Number) as [number, number]));
  }

  /** One frame again and again: everything it needs is in the caches. `prepare` runs before each batch. */
  hot(program: BpfProgram, data: Buffer, prepare?: () => void): Cost {
    const runs = Array.from({ length: BATCHES }, (): [number, number] => {
      prepare?.();
      const { retval, durationNs } = program.testRun({ data, repeat: REPEAT });
      if (retval !== VERDICT.PASS) throw new Error(`a frame that must pass got verdict ${retval | 0}`);
      return [durationNs, this.#empty.testRun({ data, repeat: REPEAT }).durationNs];
    });
    return net(runs);
  }
}

/** As many questions as {@link Runs.hot} needs answered. */
export const HOT_RUNS = REPEAT;

function header({ program, frame, measured, verdict = VERDICT.PASS }: Step): Buffer {
  const words = Buffer.alloc(16);
  [program.info.id, Number(measured), verdict, frame.length].forEach((word, i) => words.writeUInt32LE(word, 4 * i));
  return words;
}

function net(runs: readonly (readonly [own: number, empty: number])[]): Cost {
  const own = runs.map(([busy]) => busy);
  const empty = runs.map(([, idle]) => idle);
  return { least: Math.min(...own) - Math.min(...empty), median: median(own) - median(empty) };
}
