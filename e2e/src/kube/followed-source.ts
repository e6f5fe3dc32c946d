import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamewallConfig, Pod, Policy } from '@namewall/policy';
import { type Exit, LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import { until } from '../lab/until.ts';
import type { ControlPlane } from './control-plane.ts';

const program = join(import.meta.dirname, '../../../packages/operator/test/programs/follow-source.ts');

/** What a source says, see the program. */
export interface View {
  readonly handOvers: number;
  readonly clashes: number;
  /** `kind name` of objects that are not the same ones as when asked before */
  readonly fresh: readonly string[];
  readonly state?: {
    readonly policies: readonly Policy[];
    readonly pods: readonly Pod[];
    readonly config: NamewallConfig;
    readonly nodes: readonly string[];
  };
  readonly problems: readonly { readonly origin: string; readonly text: string; readonly earlierInForce: boolean }[];
}

export interface LogLine {
  readonly message: string;
  readonly path?: string;
  readonly problem?: string;
  readonly wait?: number;
}

const SLOW = { deadline: 60_000 };
let count = 0;

/** The operator's source in a process of its own, before an API server. */
export class FollowedSource {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  static start(cluster: ControlPlane, kubeconfig: string, config?: string): FollowedSource {
    const argv = [process.execPath, program, kubeconfig, ...(config === undefined ? [] : [config])];
    const started = LabProcess.start(cluster.run, `source-${++count}`, inside(cluster.namespace, argv), {
      converse: true,
    });
    return new FollowedSource(started);
  }

  async view(): Promise<View> {
    return JSON.parse(await this.#process.ask('view')) as View;
  }

  /** The first view that is so. */
  until(what: string, holds: (view: View) => boolean): Promise<View> {
    return until(
      what,
      async () => {
        const view = await this.view();
        return holds(view) && view;
      },
      SLOW,
    );
  }

  log(message: string): LogLine[] {
    const lines = readFileSync(this.#process.log, 'utf8').split('\n');
    const all = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
    return all.filter((line) => line.message === message);
  }

  get output(): string {
    return readFileSync(this.#process.log, 'utf8');
  }

  end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Exit> {
    return this.#process.end(signal);
  }
}

export const podNames = ({ state }: View): string[] =>
  (state?.pods ?? []).map(({ metadata }) => metadata.name).toSorted();
