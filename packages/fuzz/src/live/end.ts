import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('peer.ts', import.meta.url));

/** What an end has read: all that was wanted, or what there was when the connection ended or nothing came any more. */
export interface Read {
  readonly how: string;
  readonly octets: Buffer;
}

/** One end of the connection, a process in a network namespace. */
export class End implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  static async start(netns: string, role: 'listen' | 'connect', address: string): Promise<End> {
    const argv = ['netns', 'exec', netns, process.execPath, PROGRAM, role, address, '53'];
    const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = new End(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    await end.#line();
    return end;
  }

  async open(): Promise<void> {
    await this.#ask('open');
  }

  /** A write for each piece. */
  async write(pieces: readonly Buffer[]): Promise<void> {
    await this.#ask(`write ${pieces.map((piece) => piece.toString('hex')).join(' ')}`);
  }

  async read(count: number): Promise<Read> {
    const [how = '', hex = ''] = (await this.#ask(`read ${count}`)).split(' ');
    return { how, octets: Buffer.from(hex, 'hex') };
  }

  #ask(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    return this.#line();
  }

  async #line(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('one end of the connection has ended');
    return line.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
