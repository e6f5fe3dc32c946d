import path from 'node:path';
import { LabProcess } from '../lab/lab-process.ts';
import type { Starter } from '../lab/ledger.ts';
import type { Met } from '../programs/shop-load.ts';
import type { Cluster } from './cluster.ts';
import { type Shop, inShop, shopsOf } from './shop.ts';

const PROGRAMS = path.join(import.meta.dirname, '../programs');
const USED = ['ledger-client.ts', 'ledger-end.ts', 'shop-load.ts'];
/** Where they are in a pod. */
const MOUNTED = '/lab';

/** Starts a pod on each node that can run the lab's programs. @returns them, Ready */
export async function startLoadPods(cluster: Cluster): Promise<Shop[]> {
  const files = USED.map((name) => `--from-file=${path.join(PROGRAMS, name)}`);
  await cluster.kubectl('-n', 'demo', 'create', 'configmap', 'lab', ...files);
  await cluster.kubectl('apply', '--filename', path.join(import.meta.dirname, 'load.yaml'));
  return shopsOf(cluster, 'load');
}

/** Lets the shop's pods open numbered connections. */
export async function allowNumbers(cluster: Cluster): Promise<void> {
  await cluster.kubectl('apply', '--filename', path.join(import.meta.dirname, 'load-policy.yaml'));
  await cluster.kubectl('-n', 'demo', 'wait', 'fnp/numbers', '--for=condition=Programmed', '--timeout=60s');
}

/** Starts the lab's programs in the pod, to be talked to line by line. */
export const starterIn = (cluster: Cluster, shop: Shop): Starter => ({
  start(name, [, ...args]) {
    const mounted = args.map((arg) => (arg.startsWith(PROGRAMS) ? path.join(MOUNTED, path.basename(arg)) : arg));
    const argv = inShop(cluster, shop, ['node', ...mounted]);
    return LabProcess.start(cluster.run, `${shop.name}-${name}`, argv, { converse: true });
  },
});

/** A pod that looks up, connects and is refused without end. */
export class Load {
  readonly shop: Shop;
  readonly #process: LabProcess;

  constructor(cluster: Cluster, shop: Shop) {
    this.shop = shop;
    const argv = [process.execPath, path.join(PROGRAMS, 'shop-load.ts'), 'cdn.example', '203.0.113.66'];
    this.#process = starterIn(cluster, shop).start('load', argv);
  }

  /** What it met since it was asked last. */
  async met(): Promise<Met> {
    return JSON.parse(await this.#process.ask('met')) as Met;
  }
}
