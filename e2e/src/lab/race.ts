import { NAME_SERVERS, PORTS } from './addresses.ts';
import type { Lab } from './lab.ts';
import { compileProgram } from './native.ts';
import type { Pod } from './pod.ts';

/** What came of the rounds of `race connect`. */
export interface RaceTally {
  readonly rounds: number;
  readonly connected: number;
  /** ECONNREFUSED: the connection came before what the answer taught. */
  readonly refused: number;
  readonly timedOut: number;
  readonly other: number;
  readonly unanswered: number;
  readonly refusedNames: number;
}

export interface RaceChoices {
  readonly rounds: number;
  /** Addresses in turn, at most 32,768, the first being number `first`. */
  readonly span: number;
  readonly first?: number;
}

/** The client that looks up and connects at once, with its far end running. */
export class Race {
  readonly #client: string;

  constructor(lab: Lab) {
    this.#client = compileProgram(lab.run, 'race');
    lab.startInInternet('sink', [this.#client, 'sink', String(PORTS.sink)]);
  }

  async connect(pod: Pod, { rounds, span, first = 0 }: RaceChoices): Promise<RaceTally> {
    return JSON.parse(await this.#run(pod, 'connect', rounds, first, span, PORTS.sink)) as RaceTally;
  }

  /** Microseconds of each of a number of look-ups of one name; `pace`: microseconds between two. */
  async lookUps(pod: Pod, name: string, rounds: number, pace = 0): Promise<number[]> {
    return (await this.#run(pod, 'lookup', rounds, 0, pace, name)).split('\n').map(Number);
  }

  /** Asks once for each of a number of names under a suffix; returns how many had no good answer. */
  async askNames(pod: Pod, suffix: string, rounds: number, first = 0): Promise<number> {
    return Number(await this.#run(pod, 'names', rounds, first, 1, suffix));
  }

  async #run(pod: Pod, mode: string, ...rest: (string | number)[]): Promise<string> {
    const argv = [this.#client, mode, NAME_SERVERS.authoritative.v4, ...rest.map(String)];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 600_000 });
    if (code !== 0) throw new Error(`race ${mode} ended with ${code}: ${stderr}`);
    return stdout.trim();
  }
}
