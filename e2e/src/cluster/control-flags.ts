import { type Certificates, pair } from '../kube/certificates.ts';
import { asFlags, serverFlags } from '../kube/flags.ts';
import type { RunDirectory } from '../lab/run-directory.ts';
import { CONTROL_PLANE, type Families, SERVICES, listed } from './plan.ts';

/** As for the API server alone, and reached by nodes, whose kubelets it reaches. */
export function clusterServerFlags(run: RunDirectory, certificates: Certificates, families: Families): string[] {
  const kubelets = pair((name) => run.file(name), 'to-kubelets');
  return asFlags({
    ...serverFlags(certificates),
    'bind-address': '0.0.0.0',
    'advertise-address': CONTROL_PLANE.v4,
    'service-cluster-ip-range': listed(SERVICES, families),
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'kubelet-client-certificate': kubelets.cert,
    'kubelet-client-key': kubelets.key,
    'kubelet-certificate-authority': certificates.ca,
    'kubelet-preferred-address-types': 'InternalIP',
  });
}

/** As a kube-system component that leads alone. */
function leaderFlags(kubeconfig: string): Readonly<Record<string, string>> {
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
  };
}

export function controllerFlags(run: RunDirectory, { ca, tokens }: Certificates): string[] {
  return asFlags({
    ...leaderFlags(run.file('controllers.kubeconfig')),
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': tokens.key,
    'root-ca-file': ca,
    'allocate-node-cidrs': 'false',
    'node-monitor-grace-period': '20s',
  });
}

export function schedulerFlags(run: RunDirectory): string[] {
  return asFlags(leaderFlags(run.file('scheduler.kubeconfig')));
}
