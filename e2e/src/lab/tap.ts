import { compileProgram } from './native.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './lab-process.ts';
import type { Pod } from './pod.ts';

/** What has passed a pod's eth0, counted by nobody but the tap. */
export interface Wire {
  /** DNS over UDP, out. */
  readonly questions: number;
  /** DNS over UDP, in, by RCODE. */
  readonly answered: number;
  readonly refused: number;
  readonly nxdomain: number;
  readonly failed: number;
  /** TCP connections tried. */
  readonly syns: number;
  /** TCP resets and ICMP "administratively prohibited" from the pod's own cable. */
  readonly resets: number;
  readonly prohibited: number;
  /** Packets that the tap had no room for. */
  readonly missed: number;
}

/** Looks at a pod's interface. */
export class Tap {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  /** Counts from the return on. */
  static async on(lab: Lab, pod: Pod): Promise<Tap> {
    const tap = new Tap(pod.start('tap', [compileProgram(lab.run, 'tap'), 'eth0']));
    await tap.wire();
    return tap;
  }

  async wire(): Promise<Wire> {
    return JSON.parse(await this.#process.ask('count')) as Wire;
  }
}
