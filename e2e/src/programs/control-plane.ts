/** A control plane that runs until it is killed; says where it is once it is ready. */
import { ControlPlane } from '../kube/control-plane.ts';

const { run, namespace } = await ControlPlane.start();
console.log(JSON.stringify({ directory: run.path, namespace: namespace.path }));
await new Promise<never>(() => {
  setInterval(() => undefined, 60_000);
});
