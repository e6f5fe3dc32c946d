import { closeSync, openSync, readSync } from 'node:fs';

/** Counts the lines of a growing log that hold a text; reads each octet once. */
export class LogLines {
  readonly #file: string;
  readonly #text: string;
  #at = 0;
  #rest = '';
  #count = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** How many there are by now. */
  get count(): number {
    const chunk = Buffer.allocUnsafe(1 << 16);
    const fd = openSync(this.#file, 'r');
    for (let length = readSync(fd, chunk, 0, chunk.length, this.#at); length > 0;) {
      this.#at += length;
      const lines = (this.#rest + chunk.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#count += lines.filter((line) => line.includes(this.#text)).length;
      length = readSync(fd, chunk, 0, chunk.length, this.#at);
    }
    closeSync(fd);
    return this.#count;
  }
}
