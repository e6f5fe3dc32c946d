import type { Pod } from '../schema/pod.ts';
import { changesBetween } from './changes.ts';
import { namespaceOf } from './endpoint.ts';

/** Pods by UID. Of several with one UID the first by namespace and name counts. */
export class PodTable {
  readonly #byUid = new Map<string, Pod | Pod[]>();
  #pods: readonly Pod[] = [];

  /** @returns what counted and does no more, and what counts now and did not */
  update(pods: readonly Pod[]): { removed: Pod[]; added: Pod[] } {
    const { removed, added } = changesBetween(this.#pods, pods);
    this.#pods = pods;
    const uids = new Set([...removed, ...added].map(({ metadata }) => metadata.uid));
    const before = new Map([...uids].map((uid) => [uid, this.#counting(uid)]));
    for (const pod of removed) this.#drop(pod);
    for (const pod of added) this.#take(pod);
    const gone: Pod[] = [];
    const come: Pod[] = [];
    for (const [uid, old] of before) {
      const now = this.#counting(uid);
      if (old === now) continue;
      if (old !== undefined) gone.push(old);
      if (now !== undefined) come.push(now);
    }
    return { removed: gone, added: come };
  }

  get(uid: string): Pod | undefined {
    return this.#counting(uid);
  }

  /** Those that count. */
  *[Symbol.iterator](): Generator<Pod> {
    for (const uid of this.#byUid.keys()) {
      const pod = this.#counting(uid);
      if (pod !== undefined) yield pod;
    }
  }

  #counting(uid: string): Pod | undefined {
    const held = this.#byUid.get(uid);
    return Array.isArray(held) ? held[0] : held;
  }

  #take(pod: Pod): void {
    const { uid } = pod.metadata;
    const held = this.#byUid.get(uid);
    const all = held === undefined ? pod : [held, pod].flat().toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    this.#byUid.set(uid, all);
  }

  #drop(pod: Pod): void {
    const held = this.#byUid.get(pod.metadata.uid);
    const left = [held ?? []].flat().filter((one) => one !== pod);
    const [only] = left;
    if (only === undefined) this.#byUid.delete(pod.metadata.uid);
    else this.#byUid.set(pod.metadata.uid, left.length === 1 ? only : left);
  }
}

function order(pod: Pod): string {
  return `${namespaceOf(pod)}\0${pod.metadata.name}`;
}
