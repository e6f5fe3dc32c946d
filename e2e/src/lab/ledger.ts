import path from 'node:path';
import type { Tally } from '../programs/ledger-end.ts';
import { PORTS } from './addresses.ts';
import { LabProcess } from './lab-process.ts';
import { type Namespace, inside } from './namespaces.ts';
import type { RunDirectory } from './run-directory.ts';
import { until } from './until.ts';

const PROGRAMS = path.join(import.meta.dirname, '../programs');

export interface LedgerReport {
  readonly near: Tally;
  readonly far: Tally;
}

/** What starts a program where the near end is to be: a pod of the lab, or of a cluster. */
export interface Starter {
  start(name: string, argv: readonly string[]): LabProcess;
}

/** The server side of every numbered connection in a lab. */
export class LedgerServer {
  readonly #process: LabProcess;

  constructor(run: RunDirectory, internet: Namespace) {
    const argv = [process.execPath, path.join(PROGRAMS, 'ledger-server.ts'), String(PORTS.ledger)];
    this.#process = LabProcess.start(run, 'ledger-server', inside(internet, argv), { converse: true });
  }

  async tallies(): Promise<Record<string, Tally>> {
    return JSON.parse(await this.#process.ask('report')) as Record<string, Tally>;
  }
}

/** One open connection over which both ends number what they send and check what they get. */
export class Ledger {
  readonly #server: LedgerServer;
  readonly #client: LabProcess;
  #local = '';

  private constructor(server: LedgerServer, client: LabProcess) {
    this.#server = server;
    this.#client = client;
  }

  /** Connects by name or address; ready when numbers have arrived both ways. */
  static async open(server: LedgerServer, pod: Starter, host: string): Promise<Ledger> {
    const argv = [process.execPath, path.join(PROGRAMS, 'ledger-client.ts'), host, String(PORTS.ledger)];
    const ledger = new Ledger(server, pod.start('ledger', argv));
    await until(`numbers from ${host}`, async () => (await ledger.report()).near.received > 0);
    return ledger;
  }

  report(): Promise<LedgerReport> {
    return this.#both('report');
  }

  /** Waits until `count` more numbers have come in over the same connection. */
  async advance(count: number): Promise<void> {
    const { near } = await this.report();
    await until(`${count} more numbers`, async () => (await this.report()).near.received >= near.received + count);
  }

  /** Closes in both directions and returns the final counts of both ends. */
  async finish(): Promise<LedgerReport> {
    let report = await this.#both('finish');
    report = await until('the far end to close', async () => {
      const now = await this.#both('report');
      return now.far.open ? undefined : now;
    });
    await this.#client.end();
    return report;
  }

  async #both(line: string): Promise<LedgerReport> {
    const near = JSON.parse(await this.#client.ask(line)) as Tally & { local: string };
    if (near.local) this.#local = near.local;
    const far = (await this.#server.tallies())[this.#local];
    return { near, far: far ?? { sent: 0, received: 0, wrong: 0, open: false } };
  }
}

/** Nothing lost, doubled or reordered between the two ends of a finished connection. */
export const isWhole = ({ near, far }: LedgerReport): boolean =>
  near.sent === far.received && far.sent === near.received && near.wrong + far.wrong === 0 && !near.error && !far.error;
