import path from 'node:path';
import type { LabProcess } from './lab-process.ts';
import { until } from './until.ts';

/** The argv of the program behind a {@link UdpEnd}. */
export const udpEndArgv = (address: string, port: number): string[] => [
  process.execPath,
  path.join(import.meta.dirname, '../programs/udp-end.ts'),
  address,
  String(port),
];

/** A UDP socket in another namespace, told what to send and asked what it got. */
export class UdpEnd {
  readonly #process: LabProcess;

  constructor(process: LabProcess) {
    this.#process = process;
  }

  async send(payload: Buffer, address: string, port: number): Promise<void> {
    await this.#process.ask(`send ${payload.toString('hex')} ${address} ${port}`);
  }

  async got(): Promise<string[]> {
    return JSON.parse(await this.#process.ask('got')) as string[];
  }

  /** Waits until this very datagram has come in. */
  async arrival(payload: Buffer): Promise<void> {
    await until('a datagram', async () => (await this.got()).includes(payload.toString('hex')));
  }

  async end(): Promise<void> {
    await this.#process.end('SIGKILL');
  }
}
