/** `make api`: a control plane, the chart, an operator and an agent, until Ctrl-C. Nothing outside its namespaces changes. */
import { KubeWorld } from '../kube/world.ts';

const started = performance.now();
const { cluster, lab, namewall, bin } = await KubeWorld.start({ shop: { app: 'shop' }, vault: { app: 'vault' } });

console.log(`
An API server with the chart, an operator with what the chart grants it, an agent and two pods, after ${seconds()} s.
Nothing of them has a way out of this machine. In another terminal:

  export PATH=${bin}:$PATH     kubectl, namewallctl, in-shop and in-vault, all as root

  kubectl get pods
  in-shop curl -s http://forbidden.example/         works: no policy yet
  kubectl apply -f examples/ -f examples/demo/
  kubectl get fnp,cfnp,fqdnidentities -A
  in-shop curl -s http://api.shop.example/          allowed by name
  in-shop curl -sS http://forbidden.example/        its look-up is refused
  in-vault curl -sS http://api.shop.example/        examples/deny-all-external.yaml: nothing outside the cluster
  namewallctl explain default/shop forbidden.example
  namewallctl observe
  kubectl explain fnp.spec.egress.to.fqdn
  kubectl delete -f examples/ -f examples/demo/

kubeconfig   ${cluster.kubeconfig}
             of a server that is seen inside ${cluster.namespace.path} alone: nsenter --net=…
logs         ${namewall.operator?.log ?? ''}
             ${namewall.agent?.log ?? ''}

Ctrl-C ends and removes all of it (run ${lab.run.id}).`);

await new Promise<never>(() => {
  setInterval(() => undefined, 60_000);
});

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}
