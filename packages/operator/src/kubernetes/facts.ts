import type { ClusterFacts } from './cluster-config.ts';
import type { Followed } from './list-watch.ts';
import type { RawEndpointSlice, RawNode, RawService, RawServiceCidr } from './objects.ts';
import { Store } from './store.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** A service of a namespace by its name, with its slices. */
class ServiceStores {
  readonly services: Store<RawService, RawService>;
  readonly slices: Store<RawEndpointSlice, RawEndpointSlice>;
  readonly followed: readonly Followed[];

  /** @param only the one slice that counts; default: all that carry the service's name */
  constructor(namespace: string, name: string, changed: () => void, only?: string) {
    this.services = new Store(projectService, changed);
    this.slices = new Store(projectSlice, changed);
    this.followed = [
      {
        path: `/api/v1/namespaces/${namespace}/services`,
        query: { fieldSelector: `metadata.name=${name}` },
        handler: this.services,
      },
      {
        path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
        query:
          only === undefined
            ? { labelSelector: `${SERVICE_LABEL}=${name}` }
            : { fieldSelector: `metadata.name=${only}` },
        handler: this.slices,
      },
    ];
  }
}

/** What the cluster says of itself: its DNS services, its API servers, its nodes and ranges. */
export class FactStores {
  readonly followed: readonly Followed[];
  readonly #dns: readonly ServiceStores[];
  readonly #api: ServiceStores;
  readonly #nodes: Store<RawNode, RawNode>;
  readonly #serviceCidrs: Store<RawServiceCidr, RawServiceCidr>;

  /** @param dnsServices `namespace/name` each */
  constructor(dnsServices: readonly string[], changed: () => void) {
    this.#dns = dnsServices.map((service) => {
      const [namespace = '', name = ''] = service.split('/');
      return new ServiceStores(namespace, name, changed);
    });
    // The API servers write the slice of this name themselves; tenants may have the run of their default namespace.
    this.#api = new ServiceStores('default', 'kubernetes', changed, 'kubernetes');
    this.#nodes = new Store(projectNode, changed);
    this.#serviceCidrs = new Store(projectServiceCidr, changed);
    this.followed = [
      ...[...this.#dns, this.#api].flatMap(({ followed }) => followed),
      { path: '/api/v1/nodes', handler: this.#nodes },
      { path: '/apis/networking.k8s.io/v1/servicecidrs', handler: this.#serviceCidrs, optional: true },
    ];
  }

  get nodes(): readonly string[] {
    return this.#nodes.values().map(({ metadata }) => metadata.name);
  }

  get facts(): ClusterFacts {
    const [apiService] = this.#api.services.values();
    return {
      dnsServices: this.#dns.flatMap(({ services }) => services.values()),
      dnsSlices: this.#dns.flatMap(({ slices }) => slices.values()),
      apiSlices: this.#api.slices.values(),
      apiService,
      nodes: this.#nodes.values(),
      serviceCidrs: this.#serviceCidrs.values(),
    };
  }
}

/** Of the metadata what says which object it is; versions change with what nobody reads. */
function identity({ metadata }: Pick<RawEndpointSlice, 'metadata'>) {
  const { name, namespace, uid, labels } = metadata;
  const service = labels?.[SERVICE_LABEL];
  return {
    name,
    uid,
    resourceVersion: '',
    ...(namespace !== undefined && { namespace }),
    ...(service !== undefined && { labels: { [SERVICE_LABEL]: service } }),
  };
}

function projectService(service: RawService): RawService {
  const { clusterIPs = [], ports = [] } = service.spec ?? {};
  return { metadata: identity(service), spec: { clusterIPs, ports } };
}

function projectSlice(slice: RawEndpointSlice): RawEndpointSlice {
  const { endpoints, ports } = slice;
  const addresses = (endpoints ?? []).map((endpoint) => ({ addresses: endpoint.addresses ?? [] }));
  return { metadata: identity(slice), endpoints: addresses, ports: ports ?? [] };
}

function projectNode(node: RawNode): RawNode {
  const { podCIDR, podCIDRs = podCIDR === undefined ? [] : [podCIDR] } = node.spec ?? {};
  return {
    metadata: identity(node),
    spec: { podCIDRs },
    status: { addresses: node.status?.addresses ?? [] },
  };
}

function projectServiceCidr(range: RawServiceCidr): RawServiceCidr {
  return { metadata: identity(range), spec: { cidrs: range.spec?.cidrs ?? [] } };
}
