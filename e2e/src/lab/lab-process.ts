import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RunDirectory } from './run-directory.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A long-running program of the lab, recorded in the run directory before anything else happens to it. */
export class LabProcess {
  readonly name: string;
  readonly pid: number;
  /** Where its stderr goes, and its stdout too unless it is conversed with. */
  readonly log: string;
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  readonly #child: ChildProcess;
  readonly #waiting: PromiseWithResolvers<string>[] = [];

  private constructor(name: string, log: string, child: ChildProcess, pid: number) {
    this.name = name;
    this.pid = pid;
    this.log = log;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended());
      });
    });
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    }
  }

  /** `converse`: stdin and stdout are pipes, one line asked, one line answered. */
  static start(run: RunDirectory, name: string, argv: readonly string[], { converse = false } = {}): LabProcess {
    const [file, ...args] = argv;
    if (file === undefined) throw new Error(`${name}: nothing to start; give a program`);
    const log = run.file('logs', `${name}.log`);
    const fd = openSync(log, 'a');
    const child = spawn(file, args, { detached: true, stdio: converse ? ['pipe', 'pipe', fd] : ['ignore', fd, fd] });
    closeSync(fd);
    child.once('error', () => undefined);
    // It may have ended before what is asked of it.
    child.stdin?.on('error', () => undefined);
    if (child.pid === undefined) throw new Error(`${name}: could not start ${file}; is it installed?`);
    run.recordProcess(child.pid);
    return new LabProcess(name, log, child, child.pid);
  }

  /** How it ended; `undefined` while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Sends one line and returns the one line it answers. */
  ask(line: string): Promise<string> {
    if (this.#exit) return Promise.reject(this.#ended());
    const answer = Promise.withResolvers<string>();
    this.#waiting.push(answer);
    this.#child.stdin?.write(`${line}\n`);
    return answer.promise;
  }

  /** Signals it and waits for its end. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.#exit) this.#child.kill(signal);
    return this.exited;
  }

  #ended(): Error {
    return new Error(`${this.name} has ended; see ${this.log}`);
  }
}
