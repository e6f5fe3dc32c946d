import { type AddressPair, NAME_SERVERS, PORTS } from './addresses.ts';
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
  /** Addresses in turn, the first being number `first`; together at most 98,304. Those from 32,256 to 32,767 are the lab's own. */
  readonly span: number;
  readonly first?: number;
  /** Of the resolver asked, of the address asked for and connected to. */
  readonly family?: keyof AddressPair;
  /** Look up over one TCP connection. */
  readonly tcp?: boolean;
}

/** The client that looks up and connects at once, with its far end running. */
export class Race {
  readonly #client: string;

  constructor(lab: Lab) {
    this.#client = compileProgram(lab.run, 'race');
    lab.startInInternet('sink', [this.#client, 'sink', String(PORTS.sink)]);
  }

  async connect(pod: Pod, { rounds, span, first = 0, family = 'v4', tcp = false }: RaceChoices): Promise<RaceTally> {
    return JSON.parse(await this.#run(pod, { family, tcp }, 'connect', rounds, first, span, PORTS.sink)) as RaceTally;
  }

  /** Microseconds of each of a number of look-ups of one name; `pace`: microseconds between two. */
  async lookUps(pod: Pod, name: string, rounds: number, pace = 0, tcp = false): Promise<number[]> {
    return (await this.#run(pod, { family: 'v4', tcp }, 'lookup', rounds, 0, pace, name)).split('\n').map(Number);
  }

  /** Asks once for each of a number of names under a suffix; returns how many had no good answer. */
  async askNames(pod: Pod, suffix: string, rounds: number, first = 0): Promise<number> {
    return Number(await this.#run(pod, { family: 'v4', tcp: false }, 'names', rounds, first, 1, suffix));
  }

  async #run(
    pod: Pod,
    { family, tcp }: { family: keyof AddressPair; tcp: boolean },
    mode: string,
    ...rest: (string | number)[]
  ): Promise<string> {
    const resolver = `${tcp ? 'tcp:' : ''}${NAME_SERVERS.authoritative[family]}`;
    const argv = [this.#client, mode, resolver, ...rest.map(String)];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 600_000 });
    if (code !== 0) throw new Error(`race ${mode} ended with ${code}: ${stderr}`);
    return stdout.trim();
  }
}
