import { LabProcess } from '../lab/lab-process.ts';
import type { RunDirectory } from '../lab/run-directory.ts';

/** Long-running programs by name, each of which can be ended and started again. */
export class Programs {
  readonly #run: RunDirectory;
  readonly #place: (argv: readonly string[]) => readonly string[];
  readonly #argv: ReadonlyMap<string, readonly string[]>;
  readonly #running = new Map<string, LabProcess>();

  /** @param place puts an argv where the programs run: a network namespace */
  constructor(
    run: RunDirectory,
    place: (argv: readonly string[]) => readonly string[],
    argv: Readonly<Record<string, readonly string[]>>,
  ) {
    this.#run = run;
    this.#place = place;
    this.#argv = new Map(Object.entries(argv));
  }

  startAll(): void {
    for (const name of this.#argv.keys()) this.start(name);
  }

  start(name: string): void {
    const argv = this.#argv.get(name);
    if (argv === undefined) throw new Error(`no program ${name}; there are ${[...this.#argv.keys()].join(', ')}`);
    this.#running.set(name, LabProcess.start(this.#run, name, this.#place(argv)));
  }

  /** SIGKILL, and waits for its end. */
  async kill(name: string): Promise<void> {
    const process = this.#running.get(name);
    this.#running.delete(name);
    await process?.end('SIGKILL');
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)));
  }

  /** One that ended though nobody asked it to. */
  ended(): LabProcess | undefined {
    return [...this.#running.values()].find(({ exit }) => exit !== undefined);
  }
}
