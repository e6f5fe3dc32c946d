import { KubeConfig } from '@kubernetes/client-node';
import type { Log } from '@namewall/telemetry';
import { OperatorError, messageOf } from '../errors.ts';
import { type Part, takePart } from '../leader/take-part.ts';
import { KubeHttp } from './http.ts';
import { KubernetesSource } from './source.ts';

/** How to reach the API server: a kubeconfig's current context, or the pod's own service account. */
export function connect(
  kubeconfig: string | undefined,
  onCall?: (status: number) => void,
): { config: KubeConfig; http: KubeHttp } {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
    return { config, http: new KubeHttp(config, onCall) };
  } catch (error) {
    const fix =
      kubeconfig === undefined ? 'give --kubeconfig outside a pod' : 'give a kubeconfig with a current context';
    const where = kubeconfig ?? 'the pod’s service account';
    throw new OperatorError('SOURCE', `${where}: ${messageOf(error)}; ${fix}`, { cause: error });
  }
}

export interface KubernetesFlags {
  readonly kubeconfig: string | undefined;
  readonly configFile: string | undefined;
  /** `namespace/name` */
  readonly configMap: string | undefined;
  readonly dnsServices: readonly string[];
}

/** The API server as the operator uses it. */
export interface Kubernetes {
  readonly source: KubernetesSource;
  /** In the election of the replica that writes, until the signal aborts. */
  takePart(part: Omit<Part, 'api' | 'source'>, signal: AbortSignal): Promise<void>;
}

export function startKubernetes({ kubeconfig, ...flags }: KubernetesFlags, log: Log): Kubernetes {
  const reached = connect(kubeconfig);
  const { configFile, configMap, dnsServices } = flags;
  const source = new KubernetesSource({ ...reached, configFile, configMap, dnsServices, log });
  return { source, takePart: (part, signal) => takePart({ ...part, api: reached.http, source }, signal) };
}
