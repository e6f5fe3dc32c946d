import { isDeepStrictEqual } from 'node:util';
import type { NamewallConfig } from '../schema/config.ts';
import type { Namespace, Pod } from '../schema/pod.ts';
import type { Policy } from '../schema/policy.ts';
import type { Selector } from '../selector.ts';
import { DEFAULT_EXCLUDED_NAMESPACES, type Surroundings, labelsByNamespace, podExclusion } from './applies.ts';
import { changesBetween } from './changes.ts';
import { compileEndpoint, namespaceOf } from './endpoint.ts';
import { internalNames } from './internal-names.ts';
import type { LoweredPolicy } from './lower.ts';
import { clusterRanges, compileNodeConfig } from './node-config.ts';
import { type PodClass, PodClasses, matchClass } from './pod-classes.ts';
import { PodTable } from './pod-table.ts';
import { type PolicyChanges, PolicyTable } from './policy-table.ts';
import { compareRefs } from './refs.ts';
import { type MergedAll, RulesetCache, mergeAll } from './ruleset-cache.ts';
import type {
  CompileResult,
  CompiledEndpoint,
  CompiledNodeConfig,
  CompiledRuleset,
  ExclusionReason,
  PolicySelection,
  RejectedPolicy,
} from './types.ts';

/** Validated documents; see validate(). */
export interface CompileInput {
  readonly policies: readonly Policy[];
  readonly pods: readonly Pod[];
  /** For their labels; a namespace that is not here has only its name. */
  readonly namespaces?: readonly Namespace[] | undefined;
  /** Absent: the defaults, no resolver. */
  readonly config?: NamewallConfig | undefined;
}

/** A pod on its node. There are many: the endpoint is compiled whenever it is asked for, and always the same. */
export class PlacedEndpoint {
  readonly #pod: Pod;
  /** The ruleset's id; '' = not selected. */
  readonly ruleset: string;
  readonly #clusterDomain: string;

  constructor(pod: Pod, ruleset: string, clusterDomain: string) {
    this.#pod = pod;
    this.ruleset = ruleset;
    this.#clusterDomain = clusterDomain;
  }

  /** spec.nodeName; '' = none said */
  get node(): string {
    return this.#pod.spec?.nodeName ?? '';
  }

  get endpoint(): CompiledEndpoint {
    return compileEndpoint(this.#pod, this.ruleset, this.#clusterDomain);
  }

  equals(other: PlacedEndpoint): boolean {
    if (this.ruleset !== other.ruleset || this.node !== other.node) return false;
    return isDeepStrictEqual(this.endpoint, other.endpoint);
  }
}

/** Pods that are alike to every policy. */
export interface PodGroup {
  /** One of them, for what all have in common. */
  readonly example: Pod;
  readonly pods: Iterable<Pod>;
  /** The ruleset's id; '' = not selected. */
  readonly ruleset: string;
  readonly applies: readonly PolicyInForce[];
  /** Policies that select them in vain. */
  readonly excluded: readonly { readonly policy: PolicyInForce; readonly reason: ExclusionReason }[];
}

export type PolicyInForce = Pick<LoweredPolicy, 'ref' | 'source' | 'audit' | 'names'>;

/** What an update changed. */
export interface CompileChanges {
  readonly nodeConfig: boolean;
  /** UIDs of endpoints that came, changed or went. */
  readonly endpoints: ReadonlySet<string>;
}

/**
 * Compiles documents again and again, each time at the cost of what changed: an entry that is the same object as in the
 * update before is taken for unchanged. The result is that of the documents alone, whatever came before.
 */
export class Compiler {
  readonly #policies = new PolicyTable();
  readonly #pods = new PodTable();
  readonly #classes = new PodClasses();
  readonly #cache = new RulesetCache();
  readonly #endpoints = new Map<string, PlacedEndpoint>();
  #namespaces: readonly Namespace[] = [];
  #config: NamewallConfig | undefined;
  #setting: Setting = settingOf(undefined);
  #around: Surroundings = { ...this.#setting.around, namespaces: new Map() };
  #merged: MergedAll = { bySet: new Map(), rejected: new Map() };
  /** Those that some endpoint has. */
  #rulesets: ReadonlyMap<string, CompiledRuleset> = new Map();
  #fresh = true;

  get nodeConfig(): CompiledNodeConfig {
    return this.#setting.nodeConfig;
  }

  /** By UID. */
  get endpoints(): ReadonlyMap<string, PlacedEndpoint> {
    return this.#endpoints;
  }

  /** Those that some endpoint has, by id. */
  get rulesets(): ReadonlyMap<string, CompiledRuleset> {
    return this.#rulesets;
  }

  /** Policies that are not in force. */
  get rejected(): RejectedPolicy[] {
    return [...this.#policies.rejected, ...this.#merged.rejected.values()];
  }

  /** Those that are in force, sorted. */
  get policies(): PolicyInForce[] {
    return [...this.#policies.all].filter((policy) => !this.#merged.rejected.has(policy));
  }

  /** Who has which policies. */
  get groups(): Iterable<PodGroup> {
    return this.#classes.all;
  }

  /** @throws what reading a config or pod throws that does not validate; policies are rejected instead */
  update({ policies, pods, namespaces = [], config }: CompileInput): CompileChanges {
    const { nodeConfig, everything } = this.#configure(config);
    const unmatched = this.#affected(this.#renamed(namespaces), this.#policies.update(policies));
    const touched = this.#place(pods, everything, unmatched);
    for (const podClass of unmatched) if (podClass.pods.size > 0) this.#match(podClass);
    this.#merge(touched);
    return { nodeConfig, endpoints: this.#compile(touched) };
  }

  /** All of it, sorted. */
  result(): CompileResult {
    const endpoints = [...this.#endpoints.values()].map(({ endpoint }) => endpoint);
    return {
      nodeConfig: this.nodeConfig,
      rulesets: new Map([...this.#rulesets].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      endpoints: endpoints.toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
      rejected: this.rejected.toSorted((a, b) => compareRefs(a.policy, b.policy)),
      selections: this.#selections(),
    };
  }

  #configure(config: NamewallConfig | undefined): { nodeConfig: boolean; everything: boolean } {
    const first = this.#fresh;
    this.#fresh = false;
    if (config === this.#config && !first) return { nodeConfig: false, everything: false };
    const before = this.#setting;
    this.#config = config;
    this.#setting = settingOf(config);
    const { around, internal, nodeConfig } = this.#setting;
    this.#around = { ...around, namespaces: this.#around.namespaces };
    if (!isDeepStrictEqual(internal, before.internal)) this.#cache.clear();
    const domain = nodeConfig.clusterDomain === before.nodeConfig.clusterDomain;
    return {
      nodeConfig: first || !isDeepStrictEqual(nodeConfig, before.nodeConfig),
      everything: !domain || !isDeepStrictEqual(around, before.around),
    };
  }

  /** @returns namespaces whose labels changed */
  #renamed(namespaces: readonly Namespace[]): Set<string> {
    const { removed, added } = changesBetween(this.#namespaces, namespaces);
    this.#namespaces = namespaces;
    if (removed.length + added.length > 0) {
      this.#around = { ...this.#around, namespaces: labelsByNamespace(namespaces) };
    }
    return new Set([...removed, ...added].map(({ metadata }) => metadata.name));
  }

  /** @returns classes that may have other policies than before */
  #affected(renamed: ReadonlySet<string>, { removed, added }: PolicyChanges): Set<PodClass> {
    const namespaces = new Set([...renamed, ...[...removed, ...added].map(({ ref }) => ref.namespace)]);
    if (namespaces.has('')) return new Set(this.#classes.all);
    return new Set([...namespaces].flatMap((namespace) => [...this.#classes.in(namespace)]));
  }

  /** Puts pods into their classes. @returns UIDs of those that came, changed or went */
  #place(pods: readonly Pod[], everything: boolean, unmatched: Set<PodClass>): Set<string> {
    const { removed, added } = this.#pods.update(pods);
    if (everything) this.#classes.clear();
    for (const pod of removed) this.#classes.remove(pod);
    const placed = everything ? [...this.#pods] : added;
    for (const pod of placed) {
      const { found, fresh } = this.#classes.add(pod, this.#around);
      if (fresh) unmatched.add(found);
    }
    return new Set([...removed, ...placed].map(({ metadata }) => metadata.uid));
  }

  #match(podClass: PodClass): void {
    const near = this.#policies.near(namespaceOf(podClass.example));
    matchClass(podClass, near, this.#around);
    podClass.set = this.#cache.keyOf(podClass.applies);
  }

  /** @param touched gets the pods whose ruleset is another one */
  #merge(touched: Set<string>): void {
    const sets = new Map<string, readonly LoweredPolicy[]>();
    for (const { set, applies } of this.#classes.all) if (applies.length > 0) sets.set(set, applies);
    this.#merged = mergeAll(this.#cache, this.#policies.all, sets, this.#setting.internal);
    this.#cache.prune();
    const rulesets = new Map<string, CompiledRuleset>();
    for (const podClass of this.#classes.all) {
      const named = this.#merged.bySet.get(podClass.set);
      const id = named?.id ?? '';
      if (named !== undefined && !isNoEndpoint(podClass.exclusion)) rulesets.set(id, named.ruleset);
      if (podClass.ruleset === id) continue;
      podClass.ruleset = id;
      for (const { metadata } of podClass.pods) touched.add(metadata.uid);
    }
    this.#rulesets = rulesets;
  }

  /** @returns UIDs of endpoints that are not what they were */
  #compile(touched: ReadonlySet<string>): Set<string> {
    const changed = new Set<string>();
    for (const uid of touched) {
      const before = this.#endpoints.get(uid);
      const now = this.#endpointOf(uid);
      if (before === now || (before !== undefined && now?.equals(before) === true)) continue;
      changed.add(uid);
      if (now === undefined) this.#endpoints.delete(uid);
      else this.#endpoints.set(uid, now);
    }
    return changed;
  }

  #endpointOf(uid: string): PlacedEndpoint | undefined {
    const pod = this.#pods.get(uid);
    if (pod === undefined || isNoEndpoint(podExclusion(pod, this.#around))) return undefined;
    const ruleset = this.#classes.of(pod)?.ruleset ?? '';
    return new PlacedEndpoint(pod, ruleset, this.nodeConfig.clusterDomain);
  }

  #selections(): PolicySelection[] {
    const pods = new Map<LoweredPolicy, string[]>();
    const excluded = new Map<LoweredPolicy, { uid: string; reason: ExclusionReason }[]>();
    for (const podClass of this.#classes.all) {
      const uids = [...podClass.pods].map(({ metadata }) => metadata.uid);
      for (const policy of podClass.applies) append(pods, policy, uids);
      for (const { policy, reason } of podClass.excluded) {
        append(
          excluded,
          policy,
          uids.map((uid) => ({ uid, reason })),
        );
      }
    }
    const accepted = [...this.#policies.all].filter((policy) => !this.#merged.rejected.has(policy));
    return accepted.map((policy) => ({
      policy: policy.ref,
      pods: (pods.get(policy) ?? []).toSorted(),
      excluded: (excluded.get(policy) ?? []).toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
    }));
  }
}

/** What of a configuration decides what pods get. */
interface Setting {
  readonly nodeConfig: CompiledNodeConfig;
  /** Names that may be asked for wherever names are filtered. */
  readonly internal: readonly Selector[];
  readonly around: Omit<Surroundings, 'namespaces'>;
}

function settingOf(config: NamewallConfig | undefined): Setting {
  const spec = config?.spec ?? {};
  const nodeConfig = compileNodeConfig(spec);
  return {
    nodeConfig,
    internal: internalNames(nodeConfig.clusterDomain, clusterRanges(spec)),
    around: {
      excludedNamespaces: new Set(spec.excludedNamespaces ?? DEFAULT_EXCLUDED_NAMESPACES),
      resolvers: new Set(nodeConfig.resolvers.map(({ address }) => Buffer.from(address).toString('hex'))),
    },
  };
}

function isNoEndpoint(exclusion: ExclusionReason | undefined): boolean {
  return exclusion === 'HostNetwork' || exclusion === 'Finished';
}

function append<K, V>(lists: Map<K, V[]>, key: K, more: readonly V[]): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [...more]);
  else for (const one of more) list.push(one);
}
