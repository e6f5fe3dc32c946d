import { type FileProblem, formatProblem } from '@namewall/policy';
import { type Timers, realTimers } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import { OperatorError, messageOf } from '../errors.ts';
import type { Source, SourceProblem, SourceState } from '../source/source.ts';
import { FileTable } from './file-table.ts';
import { gather } from './gather.ts';
import { FORGETFUL, type LastGood } from './last-good.ts';
import { readFiles } from './read-files.ts';
import { watchFolder } from './watch.ts';

export interface DirectorySourceOptions {
  readonly folder: string;
  readonly log: Log;
  /** Default: what was good is forgotten with the process. */
  readonly lastGood?: LastGood;
  /** Milliseconds of silence after which the folder is read again. Default 10. */
  readonly settle?: number;
  /** Milliseconds after which a folder that never falls silent is read all the same. Default 100. */
  readonly patience?: number;
  /** Milliseconds after which it is read again in any case. Default 10,000. */
  readonly relist?: number;
  readonly timers?: Timers;
}

/** The YAML files of a folder. Every look reads all of it; what happened in between does not matter. */
export class DirectorySource implements Source {
  readonly #options: DirectorySourceOptions;
  readonly #timers: Timers;
  readonly #files: FileTable;
  /** What was logged already, by origin. */
  #logged: ReadonlySet<string> = new Set();
  #problems: readonly SourceProblem[] = [];
  #folderProblem = '';

  constructor(options: DirectorySourceOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#files = new FileTable(options.lastGood ?? FORGETFUL);
  }

  problems(): readonly SourceProblem[] {
    return this.#problems;
  }

  async start(handler: (state: SourceState) => void, signal: AbortSignal): Promise<void> {
    try {
      handler(await this.#look());
    } catch (error) {
      const reason = messageOf(error);
      const fix = 'name a folder that the operator may read';
      throw new OperatorError('SOURCE', `source ${this.#options.folder}: ${reason}; ${fix}`, { cause: error });
    }
    if (!signal.aborted) this.#follow(handler, signal);
  }

  /** Looks again after each hint and each interval, one look at a time. */
  #follow(handler: (state: SourceState) => void, signal: AbortSignal): void {
    const { folder, settle = 10, patience = 100, relist = 10_000 } = this.#options;
    let cancel = () => {};
    let unwatch = () => {};
    let looking = false;
    // Since when there is something that no look has seen.
    let since: number | undefined;
    const arm = () => {
      cancel();
      const left = since === undefined ? relist : Math.min(settle, Math.max(0, since + patience - this.#timers.now()));
      cancel = this.#timers.after(left, () => void look());
    };
    const hint = () => {
      since ??= this.#timers.now();
      if (!looking && !signal.aborted) arm();
    };
    const look = async () => {
      looking = true;
      since = undefined;
      // A new watch each time: the folder may be another one than before.
      unwatch();
      unwatch = watchFolder(folder, hint);
      await this.#lookAgain(handler, signal);
      looking = false;
      if (this.#files.writing) since ??= this.#timers.now();
      if (signal.aborted) unwatch();
      else arm();
    };
    signal.addEventListener(
      'abort',
      () => {
        cancel();
        unwatch();
      },
      { once: true },
    );
    // At once: something may have happened between the first look and the watch.
    void look();
  }

  /** A folder that cannot be read changes nothing. */
  async #lookAgain(handler: (state: SourceState) => void, signal: AbortSignal): Promise<void> {
    try {
      const state = await this.#look();
      if (!signal.aborted) handler(state);
      this.#folderProblem = '';
    } catch (error) {
      const problem = messageOf(error);
      if (problem === this.#folderProblem) return;
      this.#folderProblem = problem;
      const fix = 'what was in force stays; let the operator read the folder';
      this.#options.log.error('source cannot be read', { folder: this.#options.folder, problem, fix });
    }
  }

  async #look(): Promise<SourceState> {
    const changed = await this.#files.update(await readFiles(this.#options.folder), Date.now());
    const { entries } = this.#files;
    const { state, problems } = gather(entries.flatMap(({ documents }) => documents));
    this.#problems = [
      ...entries.flatMap(({ errors, earlier }) => errors.map((problem) => reported(problem, earlier))),
      ...problems.map((problem) => reported(problem, false)),
    ];
    for (const { warnings } of changed) this.#warn(warnings);
    this.#report(changed.map(({ path }) => path));
    return state;
  }

  #warn(warnings: readonly FileProblem[]): void {
    for (const warning of warnings) {
      this.#options.log.warn('document has a warning', { warning: formatProblem(warning) });
    }
  }

  /** Each problem once for each content of its file; each that is gone, too. */
  #report(changed: readonly string[]): void {
    const now = new Set(this.#problems.map(({ text }) => text));
    for (const { origin, text, earlierInForce } of this.#problems) {
      if (this.#logged.has(text) && !changed.includes(origin)) continue;
      this.#options.log.error('document rejected', { problem: text, earlierInForce });
    }
    for (const text of this.#logged) {
      if (!now.has(text)) this.#options.log.info('problem is gone', { problem: text });
    }
    this.#logged = now;
  }
}

function reported(problem: FileProblem, earlierInForce: boolean): SourceProblem {
  return { origin: problem.file, text: formatProblem(problem), earlierInForce };
}
