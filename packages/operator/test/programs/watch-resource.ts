/**
 * The library's way to watch: watch-resource.ts KUBECONFIG. Tells of the ConfigMaps of the default namespace on stdout,
 * one line an event as it is begun and as it has ended; fails for one that is named "poison". Its log goes to stderr.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { ResourceEvent } from '@dot-i/k8s-operator';
import { KubeConfig } from '@kubernetes/client-node';
import { createLogger } from '@namewall/telemetry';
import { KubeHttp } from '../../src/kubernetes/http.ts';
import { KubernetesOperator } from '../../src/kubernetes/operator.ts';

const [kubeconfig = ''] = process.argv.slice(2);

class Watcher extends KubernetesOperator {
  protected override async init(): Promise<void> {
    await this.watchResource('', 'v1', 'configmaps', (event) => this.#tell(event), 'default');
    process.stdout.write('all listed\n');
  }

  async #tell({ type, meta, object }: ResourceEvent): Promise<void> {
    const { labels } = object.metadata as { readonly labels?: Readonly<Record<string, string>> };
    process.stdout.write(`begin ${type} ${meta.namespace}/${meta.name} ${meta.apiVersion} ${labels?.['of'] ?? ''}\n`);
    await turn();
    if (meta.name === 'poison') throw new Error('it cannot be taken in');
    process.stdout.write(`end ${type} ${meta.namespace}/${meta.name}\n`);
  }
}

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const log = createLogger({ service: 'watch-resource', level: 'debug', format: 'json' });
const watcher = new Watcher({ config, http: new KubeHttp(config), log });
process.once('SIGTERM', () => watcher.stop());
await watcher.start();
await watcher.stopped();
process.stdout.write('stopped\n');
