import { join } from 'node:path';
import { LabProcess } from '../lab/lab-process.ts';
import { inside } from '../lab/namespaces.ts';
import { writeKubeconfig } from './certificates.ts';
import type { ControlPlane } from './control-plane.ts';

/** What is done to requests that match; the first rule that matches and is not used up counts. */
export interface FaultRule {
  readonly method?: string;
  /** A regular expression on path and query. */
  readonly path: string;
  /** Answer with `status`; end the connection; never answer; pass on but end after `cutAfter` octets of the answer. */
  readonly fault: 'status' | 'reset' | 'stall' | 'cut';
  readonly status?: number;
  /** The header Retry-After. */
  readonly retryAfter?: string;
  readonly cutAfter?: number;
  /** How often; default: always. */
  readonly times?: number;
}

const ADDRESS = '127.0.0.1';
const UPSTREAM_PORT = 6443;
const program = join(import.meta.dirname, '../programs/fault-proxy.ts');

/**
 * A proxy before the API server of a {@link ControlPlane}, in its namespace, that ends TLS and makes faults on demand.
 * Client certificates end here, so that clients come with a bearer token.
 */
export class FaultProxy {
  readonly #cluster: ControlPlane;
  readonly #process: LabProcess;
  readonly #port: number;

  private constructor(cluster: ControlPlane, process: LabProcess, port: number) {
    this.#cluster = cluster;
    this.#process = process;
    this.#port = port;
  }

  static async start(cluster: ControlPlane, port = 7443): Promise<FaultProxy> {
    const { server, ca } = cluster.certificates;
    const argv = [process.execPath, program, server.cert, server.key, ca, ADDRESS, String(port), String(UPSTREAM_PORT)];
    const started = LabProcess.start(cluster.run, `fault-proxy-${port}`, inside(cluster.namespace, argv), {
      converse: true,
    });
    const proxy = new FaultProxy(cluster, started, port);
    await proxy.set([]);
    return proxy;
  }

  /** Replaces all rules. @returns how often each of those before was used. */
  async set(rules: readonly FaultRule[]): Promise<readonly number[]> {
    return JSON.parse(await this.#process.ask(JSON.stringify(rules))) as number[];
  }

  /** Writes a kubeconfig that leads through the proxy, for programs inside the namespace. @returns its path. */
  kubeconfig(name: string, token: string): string {
    const path = this.#cluster.run.file(`${name}.kubeconfig`);
    writeKubeconfig(path, `https://${ADDRESS}:${this.#port}`, this.#cluster.certificates.ca, { token });
    return path;
  }

  /** Ends the proxy and with it all connections through it. */
  async stop(): Promise<void> {
    await this.#process.end('SIGKILL');
  }
}
