import { NAME_SERVERS } from './addresses.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './lab-process.ts';
import { compileProgram } from './native.ts';
import type { Pod } from './pod.ts';
import { lookUp } from './probes.ts';
import { until } from './until.ts';

const { v4: ADDRESS } = NAME_SERVERS.silent;

/** What came of connections that were opened and asked over. */
export interface CrowdTally {
  /** Connections that could be made; the others were refused. */
  readonly open: number;
  readonly answered: number;
  readonly seconds: number;
}

/** A trusted resolver that takes thousands of connections, and a client that has them open at once. */
export class Crowd {
  readonly #program: string;
  readonly #server: LabProcess;

  private constructor(program: string, server: LabProcess) {
    this.#program = program;
    this.#server = server;
  }

  /** `probe`: a pod that may ask it. */
  static async start(lab: Lab, probe: Pod): Promise<Crowd> {
    const program = compileProgram(lab.run, 'crowd');
    const server = lab.startInInternet('crowd', [program, 'serve', ADDRESS]);
    await until('the server for many', async () => {
      return (await lookUp(probe, 'any.wild.example', 'A', ['+tcp', `@${ADDRESS}`])).rcode === 'NOERROR';
    });
    return new Crowd(program, server);
  }

  /** One question over each connection in each round, each for a name that ends with this one. */
  async ask(pod: Pod, connections: number, rounds: number, ending: string): Promise<CrowdTally> {
    const argv = [this.#program, 'ask', ADDRESS, String(connections), String(rounds), ending];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 120_000 });
    if (code !== 0) throw new Error(`crowd ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as CrowdTally;
  }

  async end(): Promise<void> {
    await this.#server.end('SIGKILL');
  }
}
