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
    const numbers = [rounds, first, span, PORTS.sink].map(String);
    const argv = [this.#client, 'connect', NAME_SERVERS.authoritative.v4, ...numbers];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 300_000 });
    if (code !== 0) throw new Error(`race ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as RaceTally;
  }

  /** Microseconds of each of a number of look-ups of one name. */
  async lookUps(pod: Pod, name: string, rounds: number): Promise<number[]> {
    const argv = [this.#client, 'lookup', NAME_SERVERS.authoritative.v4, String(rounds), '0', '1', name];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 300_000 });
    if (code !== 0) throw new Error(`race ended with ${code}: ${stderr}`);
    return stdout.trim().split('\n').map(Number);
  }
}
