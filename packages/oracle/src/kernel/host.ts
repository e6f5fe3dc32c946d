/** The shipped programs over maps of their own, filled by the agent's own code; only the cables are missing. */
import { join } from 'node:path';
import {
  Endpoints,
  Enforcer,
  Handles,
  type Kernel,
  NameIndex,
  Rulesets,
  kernelOf,
  slotIn,
} from '@namewall/agent/testing';
import {
  type Cable,
  Datapath,
  Event,
  type Hook,
  NwAnswerSize,
  NwReason,
  type ReasonName,
  reasonName,
} from '@namewall/datapath';
import { freshRoot } from '@namewall/datapath/testing/leftovers';
import { type BpfMap, BpfProgram, RingBuffer, SK_BUFF_SIZE } from '@namewall/libbpf';
import { nameHash, nameToWire } from '@namewall/policy';
import { type Resource, resourceKey } from '@namewall/protocol';

/** Tables that no case fills but where it means to. */
export const SIZES = {
  endpoints: 8,
  answersPerEndpoint: 64,
  rulesets: 64,
  rules: 4096,
  cidrs: 4096,
  identities: 4096,
  indexBlocks: 1024,
  pending: 256,
  learned: 512,
  flows: 1024,
  pods: 16,
  resolvers: 64,
  ranges: 256,
  events: 65_536,
} as const;

const CB_OFFSET = 48;
const HEADROOM = 256;
const OPENS = 64;

/** TC actions as the programs return them. */
export const ACTION = { pass: 0xffff_ffff, drop: 2, redirect: 7 } as const;

/** What an event says of a verdict. */
export interface Told {
  readonly reason: ReasonName | `REASON_${number}`;
  readonly handle: number;
  readonly precedence: number;
  readonly flags: number;
}

const SILENT = { error() {}, warn() {}, info() {}, debug() {} };
const NEVER = new AbortController().signal;

export class Host implements Disposable {
  readonly #datapath: Datapath;
  readonly #programs: Readonly<Record<'pod_in' | 'pod_out', BpfProgram>>;
  readonly #enforcer: Enforcer;
  readonly #handles: Handles;
  readonly #context = new Uint8Array(SK_BUFF_SIZE);
  readonly #view = new DataView(this.#context.buffer);
  readonly #ring: RingBuffer;
  #told: Told[] = [];
  #held = new Map<string, Resource>();
  #clock = 0n;
  readonly #crowds: { readonly raw: BpfMap; readonly keys: Uint8Array; readonly entries: number }[] = [];
  readonly #attached = new Set<number>();
  /** Of a namespace that there is not. */
  #cookie = 0n;

  /** @param names for all of which a pod's recent answers must have room */
  constructor(objectPath: string, names: readonly string[]) {
    this.#datapath = openApart(objectPath, names);
    const { root, maps } = this.#datapath;
    const open = (name: string): BpfProgram => BpfProgram.openPinned(join(root, 'progs', name));
    this.#programs = { pod_in: open('pod_in'), pod_out: open('pod_out') };
    const kernel = this.#withoutCables(kernelOf(this.#datapath));
    this.#handles = new Handles(maps.identities, () => kernel.allocate('handle'));
    const rulesets = new Rulesets(maps, this.#handles, () => kernel.allocate('ruleset'), slotIn(SIZES.rulesets));
    const endpoints = new Endpoints({
      kernel,
      log: SILENT,
      locate: ({ uid }) => [uid],
      findCable: () => CABLE,
      redirected: () => undefined,
      rulesetNumber: (id) => rulesets.numberOf(id) ?? 0,
      ifname: () => '',
      override: () => undefined,
      nodeSearch: [],
      onStates: (states) => {
        for (const { uid, reason, message } of states) {
          if (reason !== 'Attached') throw new Error(`pod ${uid} is ${reason ?? 'not attached'}: ${message ?? ''}`);
        }
      },
      onGone: () => undefined,
    });
    this.#enforcer = new Enforcer({
      kernel,
      handles: this.#handles,
      rulesets,
      index: new NameIndex(kernel, this.#handles, rulesets),
      endpoints,
      log: SILENT,
      override: () => undefined,
      save: () => undefined,
      grace: () => Promise.resolve(),
      onUnused: () => undefined,
    });
    this.#datapath.updateConfig({ listeners: 1 });
    this.#ring = new RingBuffer(maps.events, (bytes) => this.#told.push(readTold(bytes)), {
      onError: (error) => {
        throw error;
      },
    });
  }

  #withoutCables(kernel: Kernel): Kernel {
    const hooksOf = (endpoint: number): Hook[] =>
      (['in', 'out'] as const).map((direction) => ({
        endpoint,
        direction,
        kind: 'tcx',
        place: { ifindex: 1, side: 'egress' },
        attached: true,
      }));
    return {
      ...kernel,
      cookieOf: () => (this.#cookie += 1n),
      attach: (endpoint) => void this.#attached.add(endpoint),
      detach: (endpoint) => void this.#attached.delete(endpoint),
      hooks: () => [...this.#attached].flatMap(hooksOf),
    };
  }

  get maps(): Datapath['maps'] {
    return this.#datapath.maps;
  }

  /** As the agent does with what the operator sends; nothing that is no longer used stays. */
  async apply(resources: readonly Resource[]): Promise<void> {
    const next = new Map(resources.map((resource) => [resourceKey(resource), resource]));
    const removals = [...this.#held].filter(([key]) => !next.has(key)).map(([, held]) => held);
    const upserts = [...next].flatMap(([key, resource]) => {
      const held = this.#held.get(key);
      return held !== undefined && Buffer.compare(held.version, resource.version) === 0 ? [] : [resource];
    });
    const result = await this.#enforcer.apply({ upserts, removals, traceparent: '' }, NEVER);
    if (!result.ok) throw new Error(`the agent refused a change: ${JSON.stringify(result.errors)}`);
    this.#held = next;
    this.#enforcer.collect();
  }

  /** The number of a pod, and that of its ruleset; 0 = none. */
  endpointOf(uid: string): { readonly endpoint: number; readonly ruleset: number } {
    const pod = this.maps.pods.get({ uid });
    return { endpoint: pod?.endpoint ?? 0, ruleset: pod?.ruleset ?? 0 };
  }

  /** Seconds that the programs' clock goes ahead. */
  wait(seconds: number): void {
    this.#clock += BigInt(seconds) * 1_000_000_000n;
    this.#datapath.updateConfig({ clockOffset: this.#clock });
  }

  /** Runs the program that sees a frame; returns its TC action. */
  run(program: 'pod_in' | 'pod_out', endpoint: number, frame: Uint8Array): number {
    this.#view.setUint32(CB_OFFSET, endpoint, true);
    return this.#programs[program].testRun({ data: frame, ctx: this.#context, headroom: HEADROOM }).retval;
  }

  /** The events since this was last asked for. */
  told(): readonly Told[] {
    this.#told = [];
    this.#ring.drain();
    return this.#told;
  }

  /** Fills a table with entries of an endpoint that there is not. */
  crowd(table: 'flows' | 'pending', endpoint: number, entries: number): void {
    const { raw } = this.maps[table];
    const keys = new Uint8Array(entries * raw.info.keySize);
    const view = new DataView(keys.buffer);
    for (let at = 0; at < entries; at++) {
      view.setUint32(at * raw.info.keySize, endpoint, true);
      view.setUint32(at * raw.info.keySize + 4, at, true);
    }
    raw.updateBatch(keys, new Uint8Array(entries * raw.info.valueSize), entries);
    this.#crowds.push({ raw, keys, entries });
  }

  uncrowd(): void {
    for (const { raw, keys, entries } of this.#crowds.splice(0)) raw.deleteBatch(keys, entries);
  }

  selectorOf(handle: number): string | undefined {
    return this.#handles.selectorOf(handle);
  }

  /** A reason's count since the pins were made. */
  counted(reason: ReasonName): number {
    const bytes = this.maps.counters.raw.lookup(KEYS.get(reason) ?? new Uint8Array(4));
    return bytes === undefined ? 0 : sumOf(bytes);
  }

  /** Every reason's, in few system calls. */
  totals(): Map<ReasonName, number> {
    const totals = new Map<ReasonName, number>();
    for (const [key, bytes] of this.maps.counters.raw.entries()) {
      const name = reasonName(new DataView(key.buffer, key.byteOffset).getUint32(0, true));
      const sum = sumOf(bytes);
      if (sum > 0) totals.set(name as ReasonName, sum);
    }
    return totals;
  }

  [Symbol.dispose](): void {
    const { root } = this.#datapath;
    this.#ring[Symbol.dispose]();
    this.#programs.pod_in[Symbol.dispose]();
    this.#programs.pod_out[Symbol.dispose]();
    this.#datapath[Symbol.dispose]();
    Datapath.detachAll(root);
  }
}

const CABLE: Cable = {
  kind: 'veth',
  podIfindex: 1,
  podIfname: 'eth0',
  hostIfindex: 1,
  hostIfname: 'none',
  others: [],
};

const PLACES = BigInt(SIZES.answersPerEndpoint);
const WAYS = BigInt(NwAnswerSize.ANSWER_WAYS);

/** Recent answers are kept in sets, by a hash whose key is random: draws one by which these names all have room. */
function openApart(objectPath: string, names: readonly string[]): Datapath {
  for (let attempt = 0; attempt < OPENS; attempt++) {
    const root = freshRoot('oracle');
    const datapath = Datapath.open({ root, objectPath, sizes: SIZES });
    const key = Uint32Array.from(datapath.hashKey.words);
    const sets = Map.groupBy(names, (name) => (nameHash(nameToWire(name), key) % PLACES) / WAYS);
    if ([...sets.values()].every(({ length }) => length <= WAYS)) return datapath;
    datapath[Symbol.dispose]();
    Datapath.detachAll(root);
  }
  throw new Error(`${names.length} names have no room in ${SIZES.answersPerEndpoint} places: name fewer`);
}

const KEYS = new Map(
  (Object.keys(NwReason) as ReasonName[]).map((name) => {
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, NwReason[name], true);
    return [name, key] as const;
  }),
);

function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 8) {
    sum += view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }
  return sum;
}

function readTold(bytes: Uint8Array): Told {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { offsets } = Event;
  return {
    reason: reasonName(view.getUint16(offsets.reason, true)),
    handle: view.getUint32(offsets.handle, true),
    precedence: view.getUint16(offsets.precedence, true),
    flags: view.getUint8(offsets.flags),
  };
}
