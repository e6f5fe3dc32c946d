/** Says at once when links, qdiscs or filters of the agent's network namespace change; what it misses a later look finds. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '@namewall/telemetry';

/** What is told, by those who know netlink. */
const MONITORS: readonly (readonly string[])[] = [
  ['ip', 'monitor', 'link'],
  ['tc', 'monitor'],
];

/** Milliseconds until one that ended is started again. */
const AGAIN = 5000;

export class LinkWatch implements Disposable {
  readonly #log: Log;
  readonly #changed: () => void;
  readonly #children = new Set<ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #ended = false;

  /** @param changed is called for each piece of news, several at once or not */
  constructor(log: Log, changed: () => void) {
    this.#log = log;
    this.#changed = changed;
    for (const monitor of MONITORS) this.#start(monitor);
  }

  /** Of the processes that watch. */
  get pids(): number[] {
    return [...this.#children].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const child of this.#children) child.kill();
  }

  #start(monitor: readonly string[]): void {
    // It ends with the agent, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...monitor], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.add(child);
    child.stdout.on('data', () => this.#changed());
    child.once('error', (error) => this.#over(child, monitor, error.message));
    child.once('exit', (code, signal) => this.#over(child, monitor, `it ended with ${signal ?? String(code)}`));
  }

  #over(child: ChildProcess, monitor: readonly string[], why: string): void {
    if (!this.#children.delete(child) || this.#ended) return;
    this.#log.warn('changes of links are seen later', { watch: monitor.join(' '), problem: why });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#start(monitor);
      this.#changed();
    }, AGAIN);
    this.#timers.add(timer);
  }
}
