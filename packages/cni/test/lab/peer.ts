import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** A program of the tests in a network namespace, that gives a line for each line; the first one says it is ready. */
export class Peer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(netns: string, program: string, args: readonly string[]) {
    const file = join(import.meta.dirname, '../programs', program);
    const command = [`--net=${netns}`, process.execPath, file, ...args];
    const child = spawn('nsenter', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  static async start(netns: string, program: string, args: readonly string[]): Promise<Peer> {
    const peer = new Peer(netns, program, args);
    await once(peer.#lines, 'line');
    return peer;
  }

  async ask(line: string): Promise<string> {
    const answer = once(this.#lines, 'line') as Promise<[string]>;
    this.#child.stdin?.write(`${line}\n`);
    return (await answer)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lines.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
