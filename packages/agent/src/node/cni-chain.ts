/** Keeps the CNI plugin installed and chained, whoever rewrites the node's network configuration. */
import { type FSWatcher, watch } from 'node:fs';
import { type Outcome, type PluginEntry, chainIn, installProgram, removeLeftovers } from '@namewall/cni';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';

export interface CniFlags {
  /** Where runtimes look for plugins. */
  readonly binDir: string;
  /** Where they look for configurations. */
  readonly confDir: string;
  /** Our compiled plugin. */
  readonly program: string;
}

export interface CniChainOptions extends CniFlags {
  readonly log: Log;
  /** What our entry is to say now; undefined: nobody has told yet, and what there is stays. */
  readonly entry: () => PluginEntry | undefined;
}

/** Milliseconds after a change in the folder: a tool that writes a file in pieces has ended by then. */
const SETTLE = 200;
/** Milliseconds after the first of changes that never cease. */
const PATIENCE = 1000;
/** Milliseconds between two looks without a change: a folder that was replaced as a whole is no longer watched. */
const AGAIN = 10_000;

export class CniChain implements Disposable {
  readonly #options: CniChainOptions;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #problem = '';
  /** performance.now() at which a change is looked at at the latest; 0: there is none. */
  #dueBy = 0;

  constructor(options: CniChainOptions) {
    this.#options = options;
  }

  start(): this {
    const { binDir, confDir } = this.#options;
    try {
      removeLeftovers(binDir, confDir);
    } catch {
      // What is wrong with the folders is told below.
    }
    this.look();
    return this;
  }

  /** Brings it up to date: at the start, when something in the folder changes, when the entry is another one. */
  look(): void {
    const { log, program, binDir, confDir, entry } = this.#options;
    clearTimeout(this.#timer);
    this.#dueBy = 0;
    try {
      if (installProgram(program, binDir) === 'changed') log.info('CNI plugin installed', { binDir });
      const wanted = entry();
      if (wanted !== undefined) this.#tell(chainIn(confDir, wanted));
    } catch (error) {
      this.#tell({ problem: `${messageOf(error)}; look at --cni-bin-dir and --cni-conf-dir` });
    }
    this.#watch();
    this.#again ??= setInterval(() => {
      this.#unwatch();
      this.look();
    }, AGAIN);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearInterval(this.#again);
    this.#watcher?.close();
  }

  #tell(outcome: Outcome): void {
    const { log, confDir } = this.#options;
    const problem = typeof outcome === 'string' ? '' : outcome.problem;
    if (outcome === 'changed') log.info('CNI plugin chained', { confDir });
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === '') log.info('CNI plugin can be chained again', { confDir });
    else log.warn('CNI plugin not chained: a pod’s first packets may come before its policy', { problem });
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    try {
      this.#watcher = watch(this.#options.confDir, () => this.#hint());
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // The folder is not there yet.
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Something in the folder has changed. */
  #hint(): void {
    const now = performance.now();
    if (this.#dueBy === 0) this.#dueBy = now + PATIENCE;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), Math.max(0, Math.min(SETTLE, this.#dueBy - now)));
  }
}
