import { type Pod, parseAddress } from '@namewall/policy';
import { isNetAdmin } from './net-admin.ts';
import type { RawPod } from './objects.ts';

type Spec = NonNullable<Pod['spec']>;
type DnsPolicy = NonNullable<Spec['dnsPolicy']>;

const DNS_POLICIES: ReadonlySet<string> = new Set(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']);
/** Different label sets and specs that are kept as one object each; more begin anew. */
const SHARED_MAX = 100_000;

/**
 * Projects pods to what policies need. Pods of one template have the same labels, and those of one node much of the
 * spec: equal parts are one object, so that 40,000 pods are small. Annotations are left out: where a pod's network
 * namespace is, is not for its author to say.
 */
export class PodProjection {
  readonly #shared = new Map<string, object>();
  readonly #namespaces = new Map<string, string>();

  of({ metadata, spec = {}, status = {} }: RawPod): Pod {
    const { name, namespace = 'default', uid, labels = {} } = metadata;
    const { nodeName, hostNetwork, dnsPolicy, dnsConfig } = spec;
    const { phase } = status;
    const shown = this.#share<Spec>({
      ...(nodeName !== undefined && { nodeName }),
      ...(hostNetwork === true && { hostNetwork }),
      ...(isNetAdmin(spec) && { netAdmin: true }),
      ...(isDnsPolicy(dnsPolicy) && { dnsPolicy }),
      ...(dnsConfig?.searches && { dnsConfig: { searches: [...dnsConfig.searches] } }),
    });
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: this.#namespace(namespace), uid, labels: this.#share(labels) },
      spec: shown,
      status: { ...(phase !== undefined && { phase }), podIPs: addresses(status).map((ip) => ({ ip })) },
    };
  }

  /** The same text as one string. */
  #namespace(name: string): string {
    const held = this.#namespaces.get(name);
    if (held === undefined) this.#namespaces.set(name, name);
    return held ?? name;
  }

  #share<T extends object>(value: T): T {
    const key = JSON.stringify(value);
    const held = this.#shared.get(key) as T | undefined;
    if (held !== undefined) return held;
    if (this.#shared.size >= SHARED_MAX) this.#shared.clear();
    this.#shared.set(key, value);
    return value;
  }
}

function isDnsPolicy(text: string | undefined): text is DnsPolicy {
  return text !== undefined && DNS_POLICIES.has(text);
}

/** Those that can be read: an API server of old stored what it was given. */
function addresses({ podIP, podIPs = [] }: NonNullable<RawPod['status']>): string[] {
  const all = new Set([...podIPs.map(({ ip = '' }) => ip), podIP ?? '']);
  return [...all].filter(isAddress);
}

export function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}
