/** The pods of this node: finds their cables, attaches and detaches them, and says how each one stands. */
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type Cable,
  DatapathError,
  type Hook,
  type InboundPlace,
  type Pod,
  type SwitchOverride,
  standBothWays,
} from '@namewall/datapath';
import type { Endpoint } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import { type Kernel, slotIn } from '../apply/context.ts';
import { messageOf } from '../errors.ts';
import { suffixesOf } from '../plan/search.ts';
import { CableWatch, type CableWatchOptions, type Finding, hostEndOf, inboundOf } from './cable-watch.ts';
import {
  adoptSlot,
  clearSlot,
  forgetEntries,
  isUnknown,
  netnsOf,
  readdress,
  readSlots,
  switchSlot,
  writeSlot,
} from './slots.ts';
import { type State, attachedState, degraded, switchedByHand, waiting, waitingFor } from './states.ts';
import type { Way } from './way.ts';
import { RETRY_MAX, type Tracked, newTracked, postpone } from './tracked.ts';

export interface EndpointsOptions extends Pick<CableWatchOptions, 'findCable' | 'redirected'> {
  readonly kernel: Kernel;
  readonly log: Log;
  /** Paths at which its namespace may be, less those of other pods. */
  readonly locate: (endpoint: Endpoint, isTaken: (path: string) => boolean) => readonly string[];
  /** The number of a ruleset's content id; 0 for none. */
  readonly rulesetNumber: (id: string) => number;
  /** Of an interface in the agent's namespace. */
  readonly ifname: (ifindex: number) => string;
  /** What a person has switched this node to; undefined: nothing. */
  readonly override: () => SwitchOverride | undefined;
  /** Search suffixes of the node's own resolv.conf. */
  readonly nodeSearch: readonly string[];
  readonly onStates: (states: readonly State[]) => void;
  readonly onGone: (uid: string) => void;
}

export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #tracked = new Map<string, Tracked>();
  /** Pinned by an earlier agent and not (yet) wanted by anyone: enforced until the operator says so. */
  readonly #adopted = new Map<string, Pod>();
  /** Where net → pod is read of pods that are new. */
  #inbound: InboundPlace = 'host';

  constructor(options: EndpointsOptions) {
    this.#options = options;
    for (const { uid, pod } of readSlots(options.kernel)) this.#adopted.set(uid, pod);
    const inside = options.kernel.hooks().some((hook) => hook.attached && inboundOf([hook]) === 'pod');
    if (inside) this.#inbound = 'pod';
  }

  /** Where net → pod of new pods is read: at the host's end until packets to a pod are known to come past it. */
  get inbound(): InboundPlace {
    return this.#inbound;
  }

  /** Pods that the CNI plugin has met and nobody has told of. */
  get unknown(): number {
    return [...this.#adopted.values()].filter(isUnknown).length;
  }

  states(): State[] {
    return [...this.#tracked.values()].map(({ state }) => state);
  }

  /** Pods that hold a number, by UID. */
  attached(): Map<string, Pod> {
    const pods = new Map(this.#adopted);
    for (const [uid, { pod }] of this.#tracked) if (pod !== undefined) pods.set(uid, pod);
    return pods;
  }

  desired(uid: string): Endpoint | undefined {
    return this.#tracked.get(uid)?.desired;
  }

  stateOf(uid: string): State | undefined {
    return this.#tracked.get(uid)?.state;
  }

  byNumber(number: number): { uid: string; pod: Pod } | undefined {
    for (const [uid, pod] of this.attached()) if (pod.endpoint === number) return { uid, pod };
    return undefined;
  }

  /** Moves an attached pod to another ruleset, at once. */
  switch(uid: string, ruleset: number): void {
    const tracked = this.#tracked.get(uid);
    const pod = tracked?.pod ?? this.#adopted.get(uid);
    if (pod === undefined) return;
    const { kernel } = this.#options;
    const moved = kernel.locked(() => switchSlot(kernel, uid, pod, ruleset));
    if (tracked === undefined) this.#adopted.set(uid, moved);
    else tracked.pod = moved;
  }

  /** Takes over what is wanted now; {@link reconcile} attaches. Detaches what is wanted no longer, first of all. */
  want(endpoints: ReadonlyMap<string, Endpoint>): void {
    const { kernel } = this.#options;
    kernel.locked(() => {
      for (const [uid, { endpoint }] of this.attached()) {
        const desired = endpoints.get(uid);
        if (desired !== undefined) readdress(kernel, endpoint, desired);
      }
    });
    for (const [uid, desired] of endpoints) {
      const tracked = this.#tracked.get(uid);
      if (tracked !== undefined) {
        tracked.desired = desired;
        continue;
      }
      this.#tracked.set(uid, newTracked(desired, this.#adopted.get(uid)));
      this.#adopted.delete(uid);
    }
    const gone = new Map<string, Pod | undefined>([...this.#adopted].filter(([, pod]) => !isUnknown(pod)));
    for (const [uid, { pod }] of this.#tracked) if (!endpoints.has(uid)) gone.set(uid, pod);
    this.#remove(gone);
  }

  /** Somebody has changed links or filters: what was seen of them is over. */
  forgetChains(): void {
    for (const { watch } of this.#tracked.values()) watch?.forgetChains();
  }

  /** Looks at every pod once; idempotent. States that changed are handed on. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const hooks = this.#hooks();
    const changed: State[] = [];
    for (const tracked of this.#tracked.values()) {
      // Other work goes on between two pods.
      await setImmediate();
      if (signal.aborted) return;
      if (this.#tracked.get(tracked.desired.uid) !== tracked) continue;
      const state = this.#look(tracked, hooks);
      if (isDeepStrictEqual(state, tracked.state)) continue;
      tracked.state = state;
      changed.push(state);
      this.#options.log.info('endpoint state changed', {
        uid: state.uid,
        namespace: tracked.desired.namespace,
        pod: tracked.desired.name,
        phase: state.phase,
        reason: state.reason,
        detail: state.message,
      });
    }
    if (changed.length > 0) this.#options.onStates(changed);
  }

  #look(tracked: Tracked, hooks: ReadonlyMap<number, readonly Hook[]>): State {
    const { uid } = tracked.desired;
    tracked.pod ??= this.#number(tracked.desired);
    const held = tracked.pod === undefined ? [] : (hooks.get(tracked.pod.endpoint) ?? []);
    if (tracked.pod !== undefined && standBothWays(held)) {
      return this.#attachedState(tracked, held, this.#watch(tracked, tracked.pod, held));
    }
    tracked.watch = undefined;
    if (performance.now() < tracked.notBefore) return tracked.state;
    const netns = this.#locate(tracked);
    if (netns === undefined) return waiting(uid, 'NoNetns', waitingFor(tracked.desired));
    try {
      const { kernel, findCable } = this.#options;
      // Found, written and hooked in one turn: the CNI plugin may be at a new sandbox of it.
      const pod = kernel.locked(() => this.#attach(tracked, netns, findCable(netns, hostEndOf(held)), this.#inbound));
      tracked.failures = 0;
      tracked.notBefore = 0;
      const anew = this.#hooks().get(pod.endpoint) ?? [];
      return this.#attachedState(tracked, anew, this.#watch(tracked, pod, anew));
    } catch (error) {
      postpone(tracked);
      const supported = !(error instanceof DatapathError && error.code === 'UNSUPPORTED_INTERFACE');
      if (!supported) return degraded(uid, 'UnsupportedInterface', messageOf(error));
      // A pod that is just going fails once or twice.
      const failed = tracked.failures > TRIES ? degraded : waiting;
      return failed(uid, 'AttachFailed', `${messageOf(error)}; it is tried again`);
    }
  }

  /** The CNI plugin attaches a pod by what is pinned for it, which stands as soon as the pod is bound to the node. */
  #number(desired: Endpoint): Pod | undefined {
    const { kernel, rulesetNumber, nodeSearch } = this.#options;
    const told = { ...desired, search: suffixesOf(desired, nodeSearch) };
    const ruleset = desired.ruleset === '' ? 0 : rulesetNumber(desired.ruleset);
    try {
      return kernel.locked(
        () => adoptSlot(kernel, told, ruleset) ?? writeSlot(kernel, kernel.allocate('endpoint'), told, ruleset, '', 0),
      );
    } catch (error) {
      // None is free: told of when it is attached.
      if (error instanceof DatapathError && error.code === 'EXHAUSTED') return undefined;
      throw error;
    }
  }

  /** Looks at what stands, and sets it anew where that may help; not again and again where somebody undoes it. */
  #watch(tracked: Tracked, pod: Pod, hooks: readonly Hook[]): Finding | undefined {
    const { log } = this.#options;
    const { desired } = tracked;
    const netns = this.#netnsOf(tracked);
    if (netns === undefined) return undefined;
    tracked.watch ??= new CableWatch(pod.endpoint, this.#options);
    const { way } = tracked.watch;
    const { finding, mend } = tracked.watch.look(hooks, netns);
    if (tracked.watch.way !== way) this.#inbound = this.#inboundBy(tracked.watch.way);
    const now = performance.now();
    if (mend === undefined) {
      if (now > tracked.notBefore + RETRY_MAX) tracked.failures = 0;
      return finding;
    }
    if (now < tracked.notBefore) return finding;
    postpone(tracked);
    const { cable, inbound } = mend;
    log.warn('hooks are set anew', { uid: desired.uid, inbound, reason: finding?.reason ?? '' });
    tracked.watch.beginAnew(inbound);
    try {
      this.#options.kernel.locked(() => this.#attach(tracked, netns, cable, inbound));
    } catch (error) {
      log.error('hooks not set anew; they stay as they are', { uid: desired.uid, error: messageOf(error) });
      return finding;
    }
    const anew = this.#hooks().get(pod.endpoint) ?? [];
    return tracked.watch.look(anew, netns).finding;
  }

  /** What one pod has shown is not so of the node while another shows the contrary. */
  #inboundBy(way: Way): InboundPlace {
    for (const { watch } of this.#tracked.values()) if (watch?.way === 'past') return 'pod';
    return way === 'host' ? 'host' : this.#inbound;
  }

  /** The CNI plugin writes it down; else it is where the pod's addresses are. */
  #netnsOf(tracked: Tracked): string | undefined {
    const pod = this.#options.kernel.maps.pods.get({ uid: tracked.desired.uid });
    const pinned = pod === undefined ? '' : netnsOf(pod);
    return pinned === '' ? this.#locate(tracked) : pinned;
  }

  /**
   * Of several that have its addresses, one may be another pod's that took them: that one is known once it is attached itself.
   * Pods that take each other's would wait for ever: after some time the first is taken, so that none of them is left open.
   */
  #locate(tracked: Tracked): string | undefined {
    const { desired } = tracked;
    const taken = new Set<string>();
    for (const [uid, pod] of this.attached()) if (uid !== desired.uid) taken.add(netnsOf(pod));
    const [first, ...more] = this.#options.locate(desired, (path) => taken.has(path));
    if (more.length === 0) tracked.undecided = 0;
    else if (++tracked.undecided <= PATIENCE) return undefined;
    return first;
  }

  #attach(tracked: Tracked, netns: string, cable: Cable, inbound: InboundPlace): Pod {
    const { kernel, rulesetNumber, nodeSearch } = this.#options;
    const { desired } = tracked;
    const search = suffixesOf(desired, nodeSearch);
    const before = tracked.pod;
    const number = tracked.pod?.endpoint ?? kernel.allocate('endpoint');
    const ruleset = desired.ruleset === '' ? 0 : rulesetNumber(desired.ruleset);
    try {
      tracked.pod = writeSlot(kernel, number, { ...desired, search }, ruleset, netns, cable.hostIfindex);
      kernel.attach(number, { netns, hostIfindex: cable.hostIfindex, podIfindex: cable.podIfindex }, inbound);
      return tracked.pod;
    } catch (error) {
      // A pod that had its number keeps it with what is still attached: half enforced is better than open.
      if (before === undefined && tracked.pod !== undefined) this.#release(new Map([[desired.uid, tracked.pod]]));
      tracked.pod = before;
      throw error;
    }
  }

  /** Those that stand, by endpoint. */
  #hooks(): Map<number, Hook[]> {
    return Map.groupBy(
      this.#options.kernel.hooks().filter(({ attached }) => attached),
      ({ endpoint }) => endpoint,
    );
  }

  #attachedState(tracked: Tracked, hooks: readonly Hook[], finding: Finding | undefined): State {
    this.#countFlows(tracked);
    const found = finding ?? switchedByHand(this.#options.override());
    return attachedState(tracked.desired.uid, hooks, this.#options.ifname, tracked.grandfathered, found);
  }

  /** Now and then: each change is a report. */
  #countFlows(tracked: Tracked): void {
    const { maps, sizes } = this.#options.kernel;
    if (tracked.pod === undefined || performance.now() < tracked.countedUntil) return;
    tracked.countedUntil = performance.now() + COUNT_EVERY;
    tracked.grandfathered = BigInt(maps.usage.get(slotIn(sizes.endpoints)(tracked.pod.endpoint))?.grandfathered ?? 0);
  }

  #remove(gone: ReadonlyMap<string, Pod | undefined>): void {
    const held = new Map<string, Pod>();
    for (const [uid, pod] of gone) if (pod !== undefined) held.set(uid, pod);
    this.#release(held);
    for (const uid of gone.keys()) {
      this.#tracked.delete(uid);
      this.#adopted.delete(uid);
      this.#options.onGone(uid);
    }
  }

  #release(held: ReadonlyMap<string, Pod>): void {
    const { kernel } = this.#options;
    kernel.locked(() => {
      for (const { endpoint } of held.values()) kernel.detach(endpoint);
    });
    forgetEntries(kernel, new Set([...held.values()].map(({ endpoint }) => endpoint)));
    kernel.locked(() => {
      for (const [uid, { endpoint }] of held) clearSlot(kernel, uid, endpoint);
    });
  }
}

/** Looks at several namespaces that may be a pod's before one of them is taken. */
const PATIENCE = 5;
/** Failures after which it is no longer on its way. */
const TRIES = 3;
/** Milliseconds. */
const COUNT_EVERY = 10_000;
