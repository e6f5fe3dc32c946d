/** Pods that may change their own network, and so get past any policy (ARCHITECTURE.md, limits). */
import type { RawContainer, RawPod } from './objects.ts';

/** Names as the API takes them, with or without CAP_. */
const POWERS: ReadonlySet<string> = new Set(['ALL', 'NET_ADMIN', 'CAP_NET_ADMIN']);

function hasPower({ securityContext }: RawContainer): boolean {
  const { privileged, capabilities } = securityContext ?? {};
  return privileged === true || (capabilities?.add ?? []).some((name) => POWERS.has(name));
}

/** Whether a container that runs for the pod's whole life has CAP_NET_ADMIN; others have it before there is anything to keep. */
export function isNetAdmin({ containers, initContainers, ephemeralContainers }: NonNullable<RawPod['spec']>): boolean {
  // Sidecars: Kubernetes 1.29.
  const sidecars = initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  return [...(containers ?? []), ...sidecars, ...(ephemeralContainers ?? [])].some(hasPower);
}
