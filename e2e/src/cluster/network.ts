import { execFileSync } from 'node:child_process';
import { type Namespace, makeNamespace, makeRouter } from '../lab/namespaces.ts';
import type { RunDirectory } from '../lab/run-directory.ts';
import { CONTROL_PLANE, NODES } from './plan.ts';

/** The control plane's namespace, and one for each node by its name. */
export interface Network {
  readonly control: Namespace;
  readonly nodes: ReadonlyMap<string, Namespace>;
}

/** A bridge at the control plane with a cable to each node, and routes to each other's pods. */
export function makeNetwork(run: RunDirectory): Network {
  const control = makeNamespace(run, 'control');
  makeRouter(control);
  ip(control, ['link add cluster type bridge', `addr add ${CONTROL_PLANE}/24 dev cluster`, 'link set cluster up']);
  const nodes = new Map(NODES.map(({ name }) => [name, makeNamespace(run, name)]));
  for (const { name, address, pods } of NODES) {
    const node = nodes.get(name) ?? control;
    makeRouter(node);
    ip(control, [
      `link add ${name} type veth peer name eth0 netns ${node.name}`,
      `link set ${name} master cluster up`,
      `route add ${pods} via ${address}`,
    ]);
    ip(node, [
      `addr add ${address}/24 dev eth0`,
      'link set eth0 up',
      // A service's address needs a route before kube-proxy gives it another.
      `route add default via ${CONTROL_PLANE}`,
      ...NODES.filter((other) => other.name !== name).map((other) => `route add ${other.pods} via ${other.address}`),
    ]);
  }
  return { control, nodes };
}

function ip(namespace: Namespace, lines: readonly string[]): void {
  execFileSync('ip', ['-n', namespace.name, '-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: 'pipe' });
}
