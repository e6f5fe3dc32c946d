import { closeSync, constants, openSync, readSync } from 'node:fs';

const FAULT = /WARNING:|BUG:|Oops/;
const RECORD = 8192;

/** The kernel's log from now on; what it says of a fault while programs run is a finding. */
export class KernelLog implements Disposable {
  /** Why the log cannot be read; undefined when it can. */
  readonly unreadable: string | undefined;
  readonly #fd: number | undefined;

  constructor(path = '/dev/kmsg') {
    try {
      this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.#drain();
    } catch (error) {
      this.unreadable = error instanceof Error ? error.message : String(error);
    }
  }

  /** Lines about faults since this was last called. */
  faults(): string[] {
    return this.#drain().filter((line) => FAULT.test(line));
  }

  /** A read gives one record; EAGAIN when there is none yet, EPIPE when some were overwritten. */
  #drain(): string[] {
    if (this.#fd === undefined) return [];
    const record = Buffer.alloc(RECORD);
    const lines: string[] = [];
    for (;;) {
      try {
        const length = readSync(this.#fd, record);
        if (length === 0) return lines;
        lines.push(record.toString('utf8', 0, length).trimEnd());
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code === 'EPIPE') continue;
        if (code === 'EAGAIN') return lines;
        throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}
