import path from 'node:path';
import { PORTS, SERVERS } from './addresses.ts';
import { LabProcess } from './lab-process.ts';
import { LedgerServer } from './ledger.ts';
import { startNameServers } from './name-servers.ts';
import { type Namespace, connectInternet, inside, makeNamespace, makeRouter } from './namespaces.ts';
import { Pod } from './pod.ts';
import { RunDirectory } from './run-directory.ts';
import { until } from './until.ts';

/** Pod name → its labels. */
export type PodLabels = Readonly<Record<string, Record<string, string>>>;

/**
 * A node, its pods and an internet in network namespaces of this run, with no route to the outside.
 * Removed by `dispose`, when the process ends for whatever reason it can see, else by the next run.
 */
export class Lab {
  readonly run: RunDirectory;
  readonly node: Namespace;
  readonly internet: Namespace;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly ledgers: LedgerServer;
  readonly #release: () => void;

  private constructor(run: RunDirectory, labels: PodLabels, release: () => void) {
    this.run = run;
    this.#release = release;
    this.node = makeNamespace(run, 'node');
    this.internet = makeNamespace(run, 'internet');
    makeRouter(this.node);
    connectInternet(this.node, this.internet);
    this.pods = new Map(
      Object.entries(labels).map(([name, own], index) => [name, new Pod(run, this.node, index, name, own)]),
    );
    this.ledgers = new LedgerServer(run, this.internet);
  }

  /** Ready when the name servers answer and every pod reaches the web server in both families. */
  static async create(labels: PodLabels): Promise<Lab> {
    const run = RunDirectory.create();
    const release = removeAtExit(run);
    try {
      const lab = new Lab(run, labels, release);
      lab.startInInternet('web', [process.execPath, program('web-server.ts'), String(PORTS.web)]);
      await startNameServers(run, lab.internet);
      await Promise.all([...lab.pods.values()].map(reachesTheWeb));
      return lab;
    } catch (error) {
      release();
      run.remove();
      throw error;
    }
  }

  pod(name: string): Pod {
    const pod = this.pods.get(name);
    if (!pod) throw new Error(`the lab has no pod ${name}; it has ${[...this.pods.keys()].join(', ')}`);
    return pod;
  }

  startInInternet(name: string, argv: readonly string[], options?: { converse?: boolean }): LabProcess {
    return LabProcess.start(this.run, name, inside(this.internet, argv), options);
  }

  startOnNode(name: string, argv: readonly string[]): LabProcess {
    return LabProcess.start(this.run, name, inside(this.node, argv));
  }

  dispose(): void {
    this.#release();
    this.run.remove();
  }
}

const program = (file: string): string => path.join(import.meta.dirname, '../programs', file);

/** Also settles who is whose neighbour, which else costs the first packets a second. */
async function reachesTheWeb(pod: Pod): Promise<void> {
  for (const host of [SERVERS.api.v4, `[${SERVERS.api.v6}]`]) {
    const argv = ['curl', '-s', '--max-time', '0.2', `http://${host}:${PORTS.web}/`];
    await until(`${pod.name} to reach ${host}`, async () => (await pod.exec(argv)).code === 0);
  }
}

/** Removes the run when this process is interrupted or ends; returns what withdraws that. */
function removeAtExit(run: RunDirectory): () => void {
  const remove = (): void => run.remove();
  const interrupt = (signal: NodeJS.Signals): void => {
    run.remove();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('exit', remove);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return () => {
    process.off('exit', remove);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
}
