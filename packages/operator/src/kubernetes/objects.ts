/** What we read of Kubernetes objects. */
import type { LabelSelector } from '@namewall/policy';
import type { ApiObject } from './list-watch.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort } from './network-policies.ts';

type Labels = Readonly<Record<string, string>>;

export interface RawContainer {
  readonly restartPolicy?: string;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly capabilities?: { readonly add?: readonly string[] };
  };
}

export interface RawPod extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly labels?: Labels };
  readonly spec?: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly dnsPolicy?: string;
    readonly dnsConfig?: { readonly searches?: readonly string[] };
    readonly containers?: readonly RawContainer[];
    readonly initContainers?: readonly RawContainer[];
    readonly ephemeralContainers?: readonly RawContainer[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip?: string }[];
  };
}

export interface RawNamespace extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly labels?: Labels };
}

export interface RawService extends ApiObject {
  readonly spec?: {
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
}

/** discovery.k8s.io/v1 */
export interface RawEndpointSlice extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly labels?: Labels };
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
}

export interface RawNode extends ApiObject {
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** networking.k8s.io/v1, since Kubernetes 1.33 */
export interface RawServiceCidr extends ApiObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
}

/** networking.k8s.io/v1 */
export interface RawNetworkPolicy extends ApiObject {
  readonly spec?: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly egress?: readonly {
      readonly to?: readonly NetworkPolicyPeer[];
      readonly ports?: readonly NetworkPolicyPort[];
    }[];
  };
}
