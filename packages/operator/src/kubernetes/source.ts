import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import { API_VERSION, type NamewallConfig, type Namespace, type Pod } from '@namewall/policy';
import type { Log } from '@namewall/telemetry';
import type { Source, SourceProblem, SourceState } from '../source/source.ts';
import { withCluster } from './cluster-config.ts';
import { type WrittenConfig, readConfig, watchFile } from './config-file.ts';
import { ConfigMapStore } from './config-map.ts';
import { FactStores } from './facts.ts';
import type { PolicyObject } from '../policy-status/facts.ts';
import type { KubeHttp } from './http.ts';
import type { ApiObject, Followed } from './list-watch.ts';
import { type NetworkPolicy, projectNetworkPolicy } from './network-policies.ts';
import type { RawNamespace, RawNetworkPolicy, RawPod } from './objects.ts';
import { PodProjection } from './pods.ts';
import { type JudgedPolicy, PolicyJudge } from './policies.ts';
import { Store } from './store.ts';
import { Watches } from './watches.ts';

export interface KubernetesSourceOptions {
  readonly config: KubeConfig;
  readonly http: KubeHttp;
  readonly log: Log;
  /** A NamewallConfig; absent: the defaults. */
  readonly configFile?: string | undefined;
  /** `namespace/name` of the ConfigMap that has it instead. */
  readonly configMap?: string | undefined;
  /** `namespace/name` of the cluster's DNS services; default kube-system/kube-dns. */
  readonly dnsServices?: readonly string[];
}

/** Milliseconds in which changes that come together are handed over together. */
const SETTLE = 5;
/** Milliseconds after which changes that never cease are handed over all the same. */
const PATIENCE = 50;

const GROUP = '/apis/namewall.dev/v1alpha1';
const DEFAULT_DNS = ['kube-system/kube-dns'];

/** Policies, pods and what else decides, from an API server. Handed over when every list is complete, not before. */
export class KubernetesSource implements Source {
  readonly #options: KubernetesSourceOptions;
  readonly #policies: readonly Store<ApiObject, JudgedPolicy>[];
  readonly #judges: Readonly<Record<PolicyObject['kind'], PolicyJudge>> = {
    FQDNNetworkPolicy: new PolicyJudge('FQDNNetworkPolicy'),
    ClusterFQDNNetworkPolicy: new PolicyJudge('ClusterFQDNNetworkPolicy'),
  };
  readonly #pods: Store<RawPod, Pod>;
  readonly #namespaces: Store<RawNamespace, Namespace>;
  readonly #networkPolicies: Store<RawNetworkPolicy, NetworkPolicy>;
  readonly #facts: FactStores;
  #factsChanged = true;
  readonly #configMap: ConfigMapStore | undefined;
  #written: WrittenConfig = { config: undefined, problems: [] };
  #config: NamewallConfig | undefined;
  #clusterProblems: readonly string[] = [];
  #logged: ReadonlySet<string> = new Set();
  #stopped: Promise<void> = Promise.resolve();
  /** Set once every list is complete. */
  #handOver: ((since: number | undefined) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #since: number | undefined;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    const changed = (): void => this.#hint();
    const pods = new PodProjection();
    this.#policies = (['FQDNNetworkPolicy', 'ClusterFQDNNetworkPolicy'] as const).map((kind) => {
      const judge = this.#judges[kind];
      return new Store(
        (object: ApiObject) => judge.judge(object),
        changed,
        (key) => judge.forget(key),
      );
    });
    this.#pods = new Store((pod) => pods.of(pod), changed);
    this.#namespaces = new Store(projectNamespace, changed);
    this.#networkPolicies = new Store(projectNetworkPolicy, changed);
    const { configMap } = options;
    if (configMap !== undefined) this.#configMap = new ConfigMapStore(configMap, () => this.#readConfigMap());
    this.#facts = new FactStores(options.dnsServices ?? DEFAULT_DNS, () => {
      this.#factsChanged = true;
      this.#hint();
    });
  }

  /** Every policy that there is, whatever is wrong with it. */
  judged(): readonly JudgedPolicy[] {
    return this.#policies.flatMap((store) => store.values());
  }

  /** The status that the API server has of a policy, as it was seen last. */
  statusOf(object: PolicyObject): unknown {
    return this.#judges[object.kind].statusOf(object);
  }

  /** What the configuration of the last state switches all nodes to. */
  get nodeSwitch(): 'On' | 'Audit' | 'Off' {
    return this.#config?.spec.nodeSwitch ?? 'On';
  }

  /** Those of the last state, for what they shadow. */
  networkPolicies(): readonly NetworkPolicy[] {
    return this.#networkPolicies.values();
  }

  problems(): readonly SourceProblem[] {
    const policies = this.#policies.flatMap((store) => store.values());
    const written = [...this.#written.problems, ...this.#clusterProblems];
    return [
      ...policies.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
      ...written.map((text) => ({ origin: 'config', text, earlierInForce: this.#written.config !== undefined })),
    ];
  }

  /** Settles when everything has ended after the signal. */
  get stopped(): Promise<void> {
    return this.#stopped;
  }

  async start(handler: (state: SourceState, since?: number) => void, signal: AbortSignal): Promise<void> {
    const { config, http, log } = this.#options;
    const watches = new Watches({ config, http, log }, this.#followed());
    const ended = Promise.withResolvers<void>();
    this.#stopped = ended.promise;
    const unwatch = await this.#followFile();
    const stop = (): void => {
      clearTimeout(this.#timer);
      this.#handOver = undefined;
      unwatch();
      watches.stop();
      void watches.stopped().then(() => ended.resolve());
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    await watches.start();
    if (signal.aborted) return;
    this.#handOver = (since) => handler(this.#state(), since);
    this.#flush();
  }

  #followed(): Followed[] {
    const [policies, clusterPolicies] = this.#policies;
    if (policies === undefined || clusterPolicies === undefined) throw new Error('both kinds of policies are followed');
    return [
      { path: `${GROUP}/fqdnnetworkpolicies`, handler: policies },
      { path: `${GROUP}/clusterfqdnnetworkpolicies`, handler: clusterPolicies },
      { path: '/api/v1/pods', handler: this.#pods },
      { path: '/api/v1/namespaces', handler: this.#namespaces },
      { path: '/apis/networking.k8s.io/v1/networkpolicies', handler: this.#networkPolicies },
      ...this.#facts.followed,
      ...(this.#configMap === undefined ? [] : [this.#configMap.followed]),
    ];
  }

  async #followFile(): Promise<() => void> {
    const { configFile } = this.#options;
    if (configFile === undefined) return () => undefined;
    const read = async (): Promise<void> => {
      this.#takeConfig(await readConfig(configFile, this.#written.config));
    };
    await read();
    return watchFile(configFile, () => void read());
  }

  #readConfigMap(): void {
    if (this.#configMap !== undefined) this.#takeConfig(this.#configMap.read(this.#written.config));
  }

  #takeConfig(written: WrittenConfig): void {
    if (isDeepStrictEqual(written, this.#written)) return;
    this.#written = written;
    this.#factsChanged = true;
    this.#hint();
  }

  #hint(): void {
    if (this.#handOver === undefined) return;
    const now = performance.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, Math.min(SETTLE, this.#since + PATIENCE - now)));
  }

  #flush(): void {
    const since = this.#since;
    this.#since = undefined;
    this.#handOver?.(since);
    this.#report();
  }

  #state(): SourceState {
    if (this.#factsChanged) this.#joinConfig();
    const judged = this.#policies.flatMap((store) => store.values());
    return {
      policies: judged.flatMap(({ policy }) => (policy === undefined ? [] : [policy])),
      pods: this.#pods.values(),
      namespaces: this.#namespaces.values(),
      config: this.#config,
      nodes: this.#facts.nodes,
    };
  }

  /** The same object as before unless something in it differs. */
  #joinConfig(): void {
    this.#factsChanged = false;
    const { spec, problems } = withCluster(this.#written.config?.spec ?? {}, this.#facts.facts);
    const metadata = this.#written.config?.metadata ?? { name: 'namewall' };
    const joined: NamewallConfig = { apiVersion: API_VERSION, kind: 'NamewallConfig', metadata, spec };
    this.#clusterProblems = problems;
    if (!isDeepStrictEqual(joined, this.#config)) this.#config = joined;
  }

  /** Each problem once while it lasts. */
  #report(): void {
    const { log } = this.#options;
    const now = this.problems();
    for (const { origin, text, earlierInForce } of now) {
      if (!this.#logged.has(text)) log.error('object rejected', { origin, problem: text, earlierInForce });
    }
    const texts = new Set(now.map(({ text }) => text));
    for (const text of this.#logged) if (!texts.has(text)) log.info('problem is gone', { problem: text });
    this.#logged = texts;
  }
}

function projectNamespace({ metadata }: RawNamespace): Namespace {
  const { name, labels = {} } = metadata;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
