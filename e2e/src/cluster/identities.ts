import { type Certificates, issue, makeCertificates, pair, writeKubeconfig } from '../kube/certificates.ts';
import { API_PORT, FIRST_SERVICE, LOOPBACK } from '../kube/flags.ts';
import type { RunDirectory } from '../lab/run-directory.ts';
import { CONTROL_PLANE, NODES } from './plan.ts';

const SERVER = `https://${CONTROL_PLANE.v4}:${API_PORT}`;

/** What signs in at the API server, and as whom; each has a kubeconfig of its name. */
const CLIENTS: Readonly<Record<string, string>> = {
  controllers: '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  proxy: '/CN=system:kube-proxy',
  // The API server itself, at kubelets.
  'to-kubelets': '/O=system:masters/CN=kube-apiserver-kubelet-client',
};

/** Certificates and kubeconfigs of everybody in the cluster: `<name>.crt`, `.key`, `.kubeconfig` in the run directory. */
export async function makeIdentities(run: RunDirectory): Promise<Certificates> {
  const file = (name: string): string => run.file(name);
  const certificates = await makeCertificates(file, [LOOPBACK, CONTROL_PLANE.v4, FIRST_SERVICE]);
  const kubeconfig = (name: string): void => {
    writeKubeconfig(run.file(`${name}.kubeconfig`), SERVER, certificates.ca, pair(file, name));
  };
  const ca = pair(file, 'ca');
  kubeconfig('admin');
  for (const [name, subject] of Object.entries(CLIENTS)) {
    await issue(file, ca, name, subject, []);
    kubeconfig(name);
  }
  for (const { name, address } of NODES) {
    await issue(file, ca, name, `/O=system:nodes/CN=system:node:${name}`, [`DNS:${name}`, `IP:${address.v4}`]);
    kubeconfig(name);
  }
  return certificates;
}
