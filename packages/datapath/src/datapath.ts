import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BpfProgram, type FileLock, type MapMemory } from '@namewall/libbpf';
import { takeNumber } from './allocate.ts';
import { DatapathError } from './errors.ts';
import { Backfill, type HashKey } from './gen/structs.gen.ts';
import {
  type CableEnds,
  ensureHook,
  type HookMethod,
  type InboundPlace,
  placesOf,
  removeHooks,
  type SetHook,
} from './hooks/attach.ts';
import { type Ahead, programsAhead } from './hooks/ahead.ts';
import { hookedEndpoints } from './hooks/list.ts';
import { drawHashKey, initialise, loadObject, readHashKey } from './load.ts';
import { swapIndex } from './names.ts';
import { adoptableSizes } from './pins/compare.ts';
import { DEFAULT_ROOT, programsDir } from './pins/paths.ts';
import { purge } from './pins/purge.ts';
import { readPins } from './pins/read.ts';
import { lockLinks, lockRoot, openRoot, removeRoot } from './pins/root.ts';
import { PinnedDatapath } from './pinned.ts';
import { BACKFILL, installPrograms, SWEEP_START } from './programs.ts';
import { checkSizes, type Sizes } from './sizes.ts';
import { attachSockets, detachSockets, type SocketOptions } from './sockets.ts';

export interface OpenOptions {
  /** Directory in bpffs; made with mode 0700. */
  readonly root?: string;
  /** The compiled object, build/datapath.bpf.o. */
  readonly objectPath: string;
  /** For new pins only: what is pinned already keeps its sizes. */
  readonly sizes?: Partial<Sizes>;
  readonly hook?: HookMethod;
}

/** What detachAll removed. */
export interface Detached {
  readonly links: number;
  readonly filters: number;
  readonly maps: number;
  readonly programs: number;
}

/** What `allocate` takes numbers of, and their words in `allocator`. */
const COUNTERS = { endpoint: 0, ruleset: 1, handle: 2 } as const;

/** What sweep_start is run on; it does not look at it. */
const SWEEP_PACKET = new Uint8Array(64);

const ETHERNET_HEADER = 14;

/** Milliseconds: a call of the CNI plugin takes a few. */
const PLUGIN_PATIENCE = 1000;

/** The datapath of this node: pins made or adopted, programs in place. One process at a time has a root. */
export class Datapath extends PinnedDatapath {
  /** Whether the pins were there already. */
  readonly adopted: boolean;
  /** The key of the name index: 68 words for buildIndex. */
  readonly hashKey: HashKey;
  readonly #method: HookMethod;
  readonly #lock: FileLock;
  /** While `locked` does something; its lock is undefined where the plugin hangs. */
  #turn: { readonly lock: FileLock | undefined } | undefined;
  #pluginHangs = false;
  readonly #allocator: MapMemory;
  readonly #backfill: BpfProgram;

  private constructor(
    root: string,
    sizes: Sizes,
    state: { lock: FileLock; adopted: boolean; hashKey: HashKey; hook: HookMethod },
  ) {
    super(root, sizes);
    this.adopted = state.adopted;
    this.hashKey = state.hashKey;
    this.#lock = state.lock;
    this.#method = state.hook;
    this.#allocator = this.maps.allocator.raw.mmap();
    this.#backfill = BpfProgram.openPinned(join(programsDir(root), BACKFILL));
  }

  /**
   * Makes the pins under a root or adopts those that are there, and puts the object's programs in place of the
   * present ones. Mounts bpffs on /sys/fs/bpf where nobody did.
   * @throws DatapathError LOCKED, LAYOUT (nothing was touched), SIZE
   * @throws LibbpfError when the kernel refuses a map or a program; what was there stays
   */
  static open({ root = DEFAULT_ROOT, objectPath, sizes: wanted = {}, hook = 'auto' }: OpenOptions): Datapath {
    const asked = checkSizes(wanted);
    const lock = openRoot(root);
    try {
      const pins = readPins(root);
      // Unfinished: whoever made them ended before the last step, so nothing refers to them yet.
      const unfinished = pins.layout === 0 && hookedEndpoints(root).length === 0;
      if (unfinished) purge(root);
      const adopted = !unfinished;
      const sizes = adopted ? adoptableSizes(root, pins) : asked;
      const hashKey = adopted ? readHashKey(root) : drawHashKey();
      try {
        using object = loadObject(objectPath, root, sizes, hashKey);
        if (!adopted) initialise(object, sizes, hashKey);
        installPrograms(root, object, object.map('programs'));
      } catch (error) {
        if (!adopted) purge(root);
        throw error;
      }
      return new Datapath(root, sizes, { lock, adopted, hashKey, hook });
    } catch (error) {
      removeRoot(root);
      lock.release();
      throw error;
    }
  }

  /**
   * Sees to it that both directions of an endpoint's cable are hooked, before others; hooks that are stay alone.
   * `inbound`: 'pod' where the CNI redirects into the pod past the host end.
   * @throws DatapathError ATTACH
   */
  attach(endpoint: number, ends: CableEnds, { inbound = 'host' }: { inbound?: InboundPlace } = {}): SetHook[] {
    const places = placesOf(ends, inbound);
    return this.locked(() => {
      if (this.#turn?.lock === undefined) {
        throw new DatapathError('ATTACH', `the CNI plugin is attaching a pod under ${this.root}: try again`);
      }
      // In first: a query that goes out finds its answer's hook there.
      return (['in', 'out'] as const).map((direction) =>
        ensureHook(this.root, this.maps.programs, this.#method, endpoint, direction, places[direction]),
      );
    });
  }

  /**
   * Does something to what is pinned for pods that the CNI plugin does not meet half done, nor undo by what it read before.
   * A plugin that hangs is waited for once: it reads and writes these first, one right after the other, and then attaches.
   */
  locked<T>(work: () => T): T {
    if (this.#turn !== undefined) return work();
    using lock = lockLinks(this.root, this.#pluginHangs ? 0 : PLUGIN_PATIENCE);
    this.#pluginHangs = lock === undefined;
    this.#turn = { lock };
    try {
      return work();
    } finally {
      this.#turn = undefined;
    }
  }

  /**
   * Programs of others that see an endpoint's packets before its hooks do.
   * @param netns the path of the pod's network namespace
   */
  ahead(endpoint: number, netns: string): Ahead[] {
    return programsAhead(this.root, endpoint, netns);
  }

  /** Removes an endpoint's hooks; its entries in the maps stay. */
  detach(endpoint: number): { links: number; filters: number } {
    return removeHooks(this.root, endpoint);
  }

  /**
   * A number nobody has, not even another process or the CNI plugin. Never 0.
   * @throws DatapathError EXHAUSTED when every slot is taken
   */
  allocate(kind: keyof typeof COUNTERS): number {
    const { bytes } = this.#allocator;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 3);
    const { endpoints, rulesets, identities } = this.maps;
    const slots = { endpoint: this.sizes.endpoints, ruleset: this.sizes.rulesets, handle: this.sizes.identities };
    return takeNumber(words, COUNTERS[kind], kind, slots[kind], (number) => {
      if (kind === 'handle') return identities.get(number) !== undefined;
      const slot = number & (slots[kind] - 1);
      if (kind === 'endpoint') return endpoints.get(slot)?.number !== 0;
      // Slot 0 is that of ruleset 0, which is every unselected pod's.
      return slot === 0 || rulesets.get(slot)?.number !== 0;
    });
  }

  /**
   * Puts a new name index in place of the present one, whole; readers never see half of it.
   * @throws DatapathError SIZE
   */
  swapIndex(bytes: Uint8Array): void {
    swapIndex(this.maps.names, bytes, this.sizes.indexBlocks);
    this.updateConfig({ namesVersion: (this.config.namesVersion + 1) >>> 0 });
  }

  /**
   * Teaches an endpoint that an address stands for an identity, against its quota, as an answer would.
   * @returns an enum nw_reason: LEARN_NEW or LEARN_REFRESHED, else why not
   */
  backfill(lesson: Backfill): number {
    const packet = new Uint8Array(ETHERNET_HEADER + Backfill.size);
    Backfill.write(packet, lesson, ETHERNET_HEADER);
    return this.#backfill.testRun({ data: packet, headroom: 0 }).retval;
  }

  /**
   * Sees to it that forbidden questions over TCP are answered in the pods' own sockets, as far as those are in a cgroup.
   * @throws LibbpfError
   */
  attachSockets(where: Pick<SocketOptions, 'objectPath' | 'cgroup'>): void {
    attachSockets({ ...where, root: this.root, sizes: this.sizes, hashKey: this.hashKey });
  }

  /** Takes that away again. */
  detachSockets(): boolean {
    return detachSockets(this.root);
  }

  /** Starts the kernel timer that sweeps, or moves a running one over to the programs now loaded. */
  startSweeper(): void {
    using program = BpfProgram.openPinned(join(programsDir(this.root), SWEEP_START));
    const error = program.testRun({ data: SWEEP_PACKET }).retval | 0;
    if (error !== 0) throw new DatapathError('ATTACH', `the sweeper's timer could not be started: errno ${-error}`);
  }

  /**
   * Removes every hook, pin and directory of a root: nothing is left, nothing is enforced.
   * @param first done before all that, when it is sure that no agent has the root
   * @throws DatapathError LOCKED while an agent has it
   */
  static detachAll(root: string = DEFAULT_ROOT, first: () => void = () => undefined): Detached {
    if (!existsSync(root)) {
      first();
      return { links: 0, filters: 0, maps: 0, programs: 0 };
    }
    using lock = lockRoot(root);
    first();
    const hooks = hookedEndpoints(root).map((endpoint) => removeHooks(root, endpoint));
    if (detachSockets(root)) hooks.push({ links: 1, filters: 0 });
    const pins = purge(root);
    removeRoot(root);
    lock.release();
    const sum = (key: 'links' | 'filters'): number => hooks.reduce((total, one) => total + one[key], 0);
    return { links: sum('links'), filters: sum('filters'), ...pins };
  }

  override [Symbol.dispose](): void {
    this.#backfill[Symbol.dispose]();
    this.#allocator[Symbol.dispose]();
    super[Symbol.dispose]();
    this.#lock.release();
  }
}
