/** What the chart's uninstall waits for: that the nodes are clean. Each node's pod is ready once it is. */
import { type KubeApi, KubeError } from '../kubernetes/api.ts';

/** Of an apps/v1 DaemonSet, what tells how far it is. */
export interface DaemonSet {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
  };
}

export interface Progress {
  readonly done: boolean;
  readonly text: string;
}

/** How far it is; before its controller has seen it, nothing is known. */
export function progressOf({ metadata, status = {} }: DaemonSet): Progress {
  const { observedGeneration = 0, desiredNumberScheduled: nodes = 0, numberReady: clean = 0 } = status;
  if (observedGeneration === 0 || observedGeneration < (metadata.generation ?? 0)) {
    return { done: false, text: 'no node is known yet' };
  }
  return { done: clean >= nodes, text: `${clean} of ${nodes} nodes are clean` };
}

export interface AwaitOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Resolves when it is time to look again. */
  readonly again: () => Promise<unknown>;
  readonly say: (text: string) => void;
}

/** Ends when every node is clean, and not before: whoever starts it sets a deadline. Says each step once. */
export async function awaitClean({ api, namespace, name, again, say }: AwaitOptions): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
  let said = '';
  for (;;) {
    const { done, text } = await look(api, path);
    if (text !== said) say(text);
    if (done) return;
    said = text;
    await again();
  }
}

async function look(api: KubeApi, path: string): Promise<Progress> {
  try {
    return progressOf(await api.request<DaemonSet>('GET', path));
  } catch (error) {
    if (error instanceof KubeError) return { done: false, text: `the API server does not tell: ${error.message}` };
    throw error;
  }
}
