import { Mapping } from './memory.ts';
import type { Pointer } from './native.ts';

/** Bytes of log a program may fill; memory is taken only as it is written. */
const LOG_SIZE = 16 << 20;
const TAIL_LINES = 3;

/**
 * A log buffer for each program of one load. The kernel writes into it only when it refuses the program, so the
 * buffer that is not empty tells which one it was.
 */
export class VerifierLogs {
  readonly size = LOG_SIZE;
  readonly #names: readonly string[];
  readonly #mapping: Mapping;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#mapping = Mapping.anonymous(Math.max(1, names.length) * LOG_SIZE, 'verifier log');
  }

  /** The buffer of the program at `index`. */
  pointer(index: number): Pointer {
    return (this.#mapping.pointer + BigInt(index * LOG_SIZE)) as Pointer;
  }

  /** The refused program's log with a sentence for the error; undefined where no program was refused. */
  refusal(): { verifierLog: string; detail: string } | undefined {
    for (const [index, name] of this.#names.entries()) {
      const log = this.#text(index);
      if (log !== '') return { verifierLog: log, detail: `the verifier refused ${name}: ${lastWords(log)}` };
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#mapping[Symbol.dispose]();
  }

  #text(index: number): string {
    const slot = this.#mapping.bytes.subarray(index * LOG_SIZE, (index + 1) * LOG_SIZE);
    const end = slot.indexOf(0);
    return Buffer.from(slot.subarray(0, end < 0 ? slot.length : end))
      .toString('utf8')
      .trim();
  }
}

/** The lines that say why, without the statistics after them. */
function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => !/^(processed \d|verification time|stack depth)/.test(line));
  return lines.slice(-TAIL_LINES).join(' | ');
}
