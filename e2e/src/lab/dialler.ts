import path from 'node:path';
import type { DialTally } from '../programs/dialler.ts';
import type { LabProcess } from './lab-process.ts';
import type { Pod } from './pod.ts';
import { until } from './until.ts';

const PROGRAM = path.join(import.meta.dirname, '../programs/dialler.ts');

export interface DialChoices {
  readonly port: number;
  /** Milliseconds between two dials. */
  readonly pace?: number;
}

/** A client in a pod that connects to one host again and again. */
export class Dialler {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  /** Ready when the first dial has ended. A `*` in the host: another name each time. */
  static async start(pod: Pod, host: string, { port, pace = 0 }: DialChoices): Promise<Dialler> {
    const dialler = new Dialler(pod.start('dialler', [process.execPath, PROGRAM, host, String(port), String(pace)]));
    await until(`a dial to ${host}`, async () => (await dialler.tally()).dials > 0);
    return dialler;
  }

  tally(): Promise<DialTally> {
    return this.#ask('tally');
  }

  /** Waits until `count` more dials have ended. */
  async advance(count: number): Promise<void> {
    const { dials } = await this.tally();
    await until(`${count} more dials`, async () => (await this.tally()).dials >= dials + count);
  }

  /** Lets the last dial end. */
  async stop(): Promise<DialTally> {
    const tally = await this.#ask('stop');
    await this.#process.end();
    return tally;
  }

  async #ask(line: string): Promise<DialTally> {
    return JSON.parse(await this.#process.ask(line)) as DialTally;
  }
}

/** What a dialler has to show when every dial ended in one way. */
export const always = (how: 'open' | 'refused' | 'nameRefused', dials: number): DialTally => ({
  dials,
  open: 0,
  refused: 0,
  nameRefused: 0,
  other: {},
  [how]: dials,
});
