/** `make demo-cluster`: a cluster of two nodes with the chart, pods and a policy, until Ctrl-C. */
import { Cluster } from './cluster.ts';
import { installChart } from './install.ts';
import { POLICY, applyPolicy, startShops } from './shop.ts';

const started = performance.now();
const cluster = await Cluster.start();
process.once('exit', () => cluster.run.remove());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
const shops = await startShops(cluster);
await installChart(cluster);
await applyPolicy(cluster);
const pod = shops[0]?.name ?? '';
const kubectl = `k() { ${cluster.tool('kubectl', []).join(' ')} "$@"; }`;
const get = (name: string): string =>
  `k -n demo exec ${pod} -- node -e 'fetch("http://${name}/").then((r) => r.text().then(console.log), console.log)'`;

console.log(`
Two nodes, the chart, and pods with a policy (${POLICY}), after ${((performance.now() - started) / 1000).toFixed(1)} s. Nothing in it has a way out of this machine.
In another terminal, as root:

  ${kubectl}
  k get nodes,pods -A -o wide
  ${get('api.shop.example')}
  ${get('forbidden.example')}
  k get fnp,fqdnidentities -A
  k -n namewall exec daemonset/namewall-agent -- namewallctl status

kubeconfig   ${cluster.kubeconfig}
             of a server that is seen inside ${cluster.network.control.path} alone: nsenter --net=…

Ctrl-C ends and removes all of it (run ${cluster.run.id}).`);

await new Promise<never>(() => {
  setInterval(() => undefined, 60_000);
});
