import type { Pod } from '../schema/pod.ts';
import { type Surroundings, exclusionFrom, podExclusion, selectsPod } from './applies.ts';
import { namespaceOf } from './endpoint.ts';
import type { LoweredPolicy } from './lower.ts';
import type { ExclusionReason } from './types.ts';

/** Pods to which the same policies apply: one namespace, the same labels, excluded for the same reason. */
export interface PodClass {
  readonly key: string;
  /** One of them, for what all have in common. */
  readonly example: Pod;
  readonly pods: Set<Pod>;
  /** Why no policy at all applies to them, or undefined. */
  readonly exclusion: ExclusionReason | undefined;
  /** In the order of policies. */
  applies: readonly LoweredPolicy[];
  excluded: readonly { readonly policy: LoweredPolicy; readonly reason: ExclusionReason }[];
  /** Of the policies that apply, as the ruleset cache knows them. */
  set: string;
  /** The ruleset's id; '' = not selected. */
  ruleset: string;
}

/** Pods by what decides which policies apply to them, so that each policy is asked once for all that are alike. */
export class PodClasses {
  readonly #classes = new Map<string, PodClass>();
  readonly #byNamespace = new Map<string, Set<PodClass>>();
  readonly #ofPod = new Map<Pod, PodClass>();
  readonly #labelKeys = new WeakMap<object, string>();

  get all(): Iterable<PodClass> {
    return this.#classes.values();
  }

  in(namespace: string): Iterable<PodClass> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  of(pod: Pod): PodClass | undefined {
    return this.#ofPod.get(pod);
  }

  /** @returns its class; a new one when it had none, which nobody has matched yet */
  add(pod: Pod, around: Surroundings): { readonly found: PodClass; readonly fresh: boolean } {
    const exclusion = podExclusion(pod, around);
    const key = `${namespaceOf(pod)}\0${exclusion ?? ''}\0${this.#labelKey(pod)}`;
    const known = this.#classes.get(key);
    const unmatched = { applies: [], excluded: [], set: '', ruleset: '' };
    const found = known ?? { key, example: pod, pods: new Set(), exclusion, ...unmatched };
    if (known === undefined) this.#enlist(found);
    found.pods.add(pod);
    this.#ofPod.set(pod, found);
    return { found, fresh: known === undefined };
  }

  remove(pod: Pod): void {
    const found = this.#ofPod.get(pod);
    if (found === undefined) return;
    this.#ofPod.delete(pod);
    found.pods.delete(pod);
    if (found.pods.size > 0) return;
    this.#classes.delete(found.key);
    const namespace = namespaceOf(pod);
    const near = this.#byNamespace.get(namespace);
    near?.delete(found);
    if (near?.size === 0) this.#byNamespace.delete(namespace);
  }

  clear(): void {
    this.#classes.clear();
    this.#byNamespace.clear();
    this.#ofPod.clear();
  }

  #enlist(found: PodClass): void {
    this.#classes.set(found.key, found);
    const namespace = namespaceOf(found.example);
    const near = this.#byNamespace.get(namespace);
    if (near === undefined) this.#byNamespace.set(namespace, new Set([found]));
    else near.add(found);
  }

  #labelKey({ metadata: { labels = {} } }: Pod): string {
    const known = this.#labelKeys.get(labels);
    if (known !== undefined) return known;
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.#labelKeys.set(labels, key);
    return key;
  }
}

/** Asks policies of a class's namespace and of the cluster, in their order. */
export function matchClass(podClass: PodClass, policies: readonly LoweredPolicy[], around: Surroundings): void {
  const { example } = podClass;
  const selecting = policies.filter((policy) => selectsPod(policy, example, around));
  const judged = selecting.map((policy) => ({ policy, reason: exclusionFrom(policy, example, around) }));
  podClass.applies = judged.flatMap(({ policy, reason }) => (reason === undefined ? [policy] : []));
  podClass.excluded = judged.flatMap(({ policy, reason }) => (reason === undefined ? [] : [{ policy, reason }]));
}
