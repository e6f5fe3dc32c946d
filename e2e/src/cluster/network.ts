import { execFileSync } from 'node:child_process';
import { type Namespace, makeNamespace, makeRouter } from '../lab/namespaces.ts';
import type { RunDirectory } from '../lab/run-directory.ts';
import { CONTROL_PLANE, type Families, type Family, NODES, NODE_LOCAL_DNS, type NodePlan } from './plan.ts';

/** The control plane's namespace, and one for each node by its name. */
export interface Network {
  readonly control: Namespace;
  readonly nodes: ReadonlyMap<string, Namespace>;
}

/** A bridge at the control plane with a cable to each node, and routes to each other's pods. */
export function makeNetwork(run: RunDirectory, families: Families): Network {
  const control = makeNamespace(run, 'control');
  makeRouter(control);
  ip(control, ['link add cluster type bridge', 'link set cluster up']);
  const nodes = new Map(NODES.map(({ name }) => [name, makeNamespace(run, name)]));
  for (const { name } of NODES) {
    const node = nodes.get(name) ?? control;
    makeRouter(node);
    ip(control, [`link add ${name} type veth peer name eth0 netns ${node.name}`, `link set ${name} master cluster up`]);
    ip(node, ['link set eth0 up', `addr add ${NODE_LOCAL_DNS}/32 dev lo`]);
  }
  for (const family of families) {
    ip(control, [
      `addr add ${CONTROL_PLANE[family]}/${LENGTH[family]} dev cluster`,
      ...NODES.map(({ address, pods }) => `route add ${pods[family]} via ${address[family]}`),
    ]);
    for (const node of NODES) ip(nodes.get(node.name) ?? control, linesOf(node, family));
  }
  return { control, nodes };
}

const LENGTH: Readonly<Record<Family, number>> = { v4: 24, v6: 64 };

function linesOf({ name, address }: NodePlan, family: Family): string[] {
  const others = NODES.filter((other) => other.name !== name);
  return [
    `addr add ${address[family]}/${LENGTH[family]} dev eth0`,
    // A service's address needs a route before kube-proxy gives it another.
    `${family === 'v6' ? '-6 ' : ''}route add default via ${CONTROL_PLANE[family]}`,
    ...others.map((other) => `route add ${other.pods[family]} via ${other.address[family]}`),
  ];
}

function ip(namespace: Namespace, lines: readonly string[]): void {
  for (const line of lines) execFileSync('ip', ['-n', namespace.name, ...line.split(' ')], { stdio: 'pipe' });
}
