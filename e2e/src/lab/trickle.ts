import { NAME_SERVERS } from './addresses.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './lab-process.ts';
import { compileProgram } from './native.ts';
import type { Pod } from './pod.ts';
import { lookUp } from './probes.ts';
import { until } from './until.ts';

const { v4: ADDRESS } = NAME_SERVERS.silent;

/** What came of many questions at once over many connections. */
export interface TrickleTally {
  readonly answered: number;
  /** Connections that could not be made or got no answer for five seconds. */
  readonly stalled: number;
  readonly seconds: number;
}

/** A trusted resolver that writes its answers over TCP in small pieces, and a client that pipelines. */
export class Trickle {
  readonly #program: string;
  readonly #server: LabProcess;

  private constructor(program: string, server: LabProcess) {
    this.#program = program;
    this.#server = server;
  }

  /** `piece`: octets that the server writes at a time. `probe`: a pod that may ask it. */
  static async start(lab: Lab, piece: number, probe: Pod): Promise<Trickle> {
    const program = compileProgram(lab.run, 'trickle');
    const server = lab.startInInternet(`trickle-${piece}`, [program, 'serve', ADDRESS, String(piece)]);
    await until('the trickling server', async () => {
      return (await lookUp(probe, 'any.wild.example', 'A', ['+tcp', `@${ADDRESS}`])).rcode === 'NOERROR';
    });
    return new Trickle(program, server);
  }

  async ask(pod: Pod, connections: number, rounds: number, questions: number): Promise<TrickleTally> {
    const numbers = [connections, rounds, questions].map(String);
    const argv = [this.#program, 'ask', ADDRESS, ...numbers, 'wild.example'];
    const { stdout, stderr, code } = await pod.exec(argv, { deadline: 600_000 });
    if (code !== 0) throw new Error(`trickle ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as TrickleTally;
  }

  async end(): Promise<void> {
    await this.#server.end('SIGKILL');
  }
}
