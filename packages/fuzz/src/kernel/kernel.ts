import { join } from 'node:path';
import {
  type CableEnds,
  Datapath,
  Learned,
  NwPrecedence,
  NwQueryFlag,
  NwRangeFlag,
  NwReason,
  NwResolver,
  NwRulesetFlag,
  NwSearch,
  type Pending,
  PendingKey,
  type ReasonName,
  Usage,
} from '@namewall/datapath';
import { freshRoot } from '@namewall/datapath/testing/leftovers';
import { BpfProgram, SK_BUFF_SIZE, type TestRunResult } from '@namewall/libbpf';
import { buildIndex, nameHash } from '@namewall/policy';
import { PODS, type PodName, type PodRules, SEARCH } from '../reference/pods.ts';
import { type Family, mapped, RESOLVER } from './frame.ts';

const UNLIMITED = 0xffff_ffff;
const CENTURY = 3_155_760_000_000_000_000n;
const CB_OFFSET = 48;
const UDP = 17;
export const TCP = 6;
const HEADROOM = 256;
/** Reserved ranges, as the addresses in maps begin. */
const RESERVED = [
  { hex: '00000000000000000000ffff7f', bits: 104 },
  { hex: '00000000000000000000ffffa9fe', bits: 112 },
] as const;

const SIZES = {
  endpoints: 4,
  answersPerEndpoint: 64,
  rulesets: 4,
  rules: 16,
  cidrs: 16,
  identities: 16,
  indexBlocks: 1024,
  pending: 16,
  learned: 128,
  flows: 16,
  streams: 128,
  streamParts: 64,
  pods: 16,
  resolvers: 16,
  ranges: 16,
  events: 4096,
};

const UNUSED = Usage.read(new Uint8Array(Usage.size));
const NAT64 = '0064ff9b0000000000000000';
const SIX_TO_FOUR = '2002';
const MAPPED = '00000000000000000000ffff';

/**
 * May an address, in hex as the maps hold it, not be learned? One that carries an IPv4 address (NAT64, RFC 6052;
 * 6to4, RFC 3056) is judged by that too.
 */
export function isReserved(address: string): boolean {
  const carried = address.startsWith(NAT64)
    ? address.slice(24)
    : address.startsWith(SIX_TO_FOUR)
      ? address.slice(4, 12)
      : undefined;
  const judged = carried === undefined ? [address] : [address, MAPPED + carried];
  return RESERVED.some(({ hex }) => judged.some((one) => one.startsWith(hex)));
}

/**
 * The shipped programs over small maps of their own, and in them the pods of the reference. No quota ends a long run,
 * no entry expires, nothing sweeps.
 */
export class Kernel implements Disposable {
  readonly #datapath: Datapath;
  readonly #programs: Readonly<Record<'in' | 'out', BpfProgram>>;
  readonly #context = new Uint8Array(SK_BUFF_SIZE);
  readonly #key: Uint32Array;
  readonly #counted = new Map<ReasonName, number>();

  constructor(objectPath: string) {
    const root = freshRoot('fuzz');
    this.#datapath = Datapath.open({ root, objectPath, sizes: SIZES });
    this.#key = Uint32Array.from(this.#datapath.hashKey.words);
    try {
      this.#configure();
      const open = (name: string): BpfProgram => BpfProgram.openPinned(join(root, 'progs', name));
      this.#programs = { in: open('pod_in'), out: open('pod_out') };
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  #configure(): void {
    const { maps } = this.#datapath;
    this.#datapath.updateConfig({
      ttlFloor: 0n,
      ttlCeiling: CENTURY,
      ttlGrace: 0n,
      pendingAge: CENTURY,
      quotaPending: UNLIMITED,
      quotaLearned: UNLIMITED,
      resolverPorts: [1n << 53n, 0n, 0n, 0n],
    });
    for (const family of [4, 6] as const) {
      for (const protocol of [UDP, TCP]) {
        maps.resolvers.set({ address: mapped(RESOLVER[family]), port: 53, protocol }, NwResolver.PLAIN);
      }
    }
    for (const { hex, bits } of RESERVED) {
      maps.ranges.set(
        { prefixLength: bits, address: new Uint8Array(Buffer.from(hex.padEnd(32, '0'), 'hex')) },
        NwRangeFlag.RESERVED,
      );
    }
    const pods = Object.values(PODS);
    for (const pod of pods) this.#addPod(pod);
    this.#datapath.swapIndex(
      buildIndex({
        selectors: pods.flatMap(({ rules }) => rules),
        rulesets: pods.map(({ number, rules }) => ({ number, handles: rules.map(({ handle }) => handle) })),
        key: this.#key,
        blocks: SIZES.indexBlocks,
      }),
    );
  }

  #addPod({ number, rules }: PodRules): void {
    const { maps } = this.#datapath;
    maps.rulesets.set(number, {
      number,
      flags: NwRulesetFlag.FILTER_NAMES | NwRulesetFlag.ISOLATED,
      ttlFloor: 0n,
      ttlCeiling: 0n,
      ttlGrace: 0n,
      idleWindow: 0n,
    });
    const row = { precedence: NwPrecedence.ALLOW, portFirst: 0, portLast: 65535, protocol: 0, flags: 0 };
    for (const { handle, allows, denies } of rules) {
      const query = (allows ? NwQueryFlag.ALLOW : 0) | (denies ? NwQueryFlag.DENY : 0);
      maps.rules.set({ ruleset: number, handle }, { count: 1, query, rows: [row] });
    }
    const pad = <T>(values: readonly T[], zero: T): T[] => [
      ...values,
      ...Array<T>(NwSearch.MAX - values.length).fill(zero),
    ];
    const lengths = SEARCH.map((wire) => wire.length - 1);
    const hashes = SEARCH.map((wire) => nameHash(wire, this.#key));
    maps.searches.set(number, {
      endpoint: number,
      count: SEARCH.length,
      lengths: Uint8Array.from(pad(lengths, 0)),
      hashes: pad(hashes, 0n),
    });
    maps.endpoints.set(number, {
      number,
      ruleset: number,
      flags: 0,
      netnsCookie: 0n,
      selectedAt: 0n,
      addresses: [new Uint8Array(16), new Uint8Array(16)],
    });
  }

  /** Puts the programs on a pod's cable; in the namespace of its host end. */
  attach(pod: PodName, ends: CableEnds): void {
    this.#datapath.attach(PODS[pod].number, ends);
  }

  /** Forgets every connection, and gives their places in the quota back. */
  forgetStreams(): void {
    const { streams, usage } = this.#datapath.maps;
    for (const key of streams.raw.keys()) streams.raw.delete(key);
    for (const { number } of Object.values(PODS)) {
      usage.set(number, { ...UNUSED, ...usage.get(number), streams: 0, streamParts: 0 });
    }
  }

  /** The hash that stands for a name (wire form, one character an octet) in the maps. */
  hashOf(wire: string): bigint {
    return nameHash(Buffer.from(wire, 'latin1'), this.#key);
  }

  /** Runs the program that sees a frame on its way to the pod, or from it. */
  run(pod: PodName, direction: 'in' | 'out', frame: Uint8Array): TestRunResult {
    new DataView(this.#context.buffer).setUint32(CB_OFFSET, PODS[pod].number, true);
    return this.#programs[direction].testRun({ data: frame, ctx: this.#context, headroom: HEADROOM });
  }

  /** How often a reason was counted since this was last asked for it. */
  counted(reason: ReasonName): number {
    const bytes = this.#datapath.maps.counters.raw.lookup(keyOf(NwReason[reason]));
    const total = bytes === undefined ? 0 : sumOfWords(bytes);
    const more = total - (this.#counted.get(reason) ?? 0);
    this.#counted.set(reason, total);
    return more;
  }

  /** Every reason's count since the pod was made. */
  totals(): ReadonlyMap<ReasonName, number> {
    return new Map([...this.#datapath.counters()].map(([reason, count]) => [reason, Number(count)]));
  }

  /** The pending query of this ID; it is taken out unless `keep`. */
  takePending(
    pod: PodName,
    family: Family,
    podPort: number,
    id: number,
    { keep = false, protocol = UDP }: { keep?: boolean | undefined; protocol?: number } = {},
  ): Pending | undefined {
    const { raw, value } = this.#datapath.maps.pending;
    const server = mapped(RESOLVER[family]);
    const key = PendingKey.encode({
      endpoint: PODS[pod].number,
      server,
      serverPort: 53,
      podPort,
      id,
      protocol,
    });
    const bytes = keep ? raw.lookup(key) : raw.take(key);
    return bytes && value.read(bytes);
  }

  hasPending(): boolean {
    return this.#datapath.maps.pending.raw.keys().next().done !== true;
  }

  takeAllPending(): void {
    const { raw } = this.#datapath.maps.pending;
    for (const key of raw.keys()) raw.delete(key);
  }

  /** Counts from these totals on. */
  settle(totals: ReadonlyMap<ReasonName, number>): void {
    for (const [reason, total] of totals) this.#counted.set(reason, total);
  }

  /** Takes out what a pod learned of an address, in hex as the maps hold it. */
  takeLearned(pod: PodName, address: string): Learned | undefined {
    const key = Buffer.alloc(20);
    key.writeUInt32LE(PODS[pod].number, 0);
    key.write(address, 4, 'hex');
    const bytes = this.#datapath.maps.learned.raw.take(key);
    return bytes && Learned.read(bytes);
  }

  /** Takes out all addresses that were learned. */
  takeAllLearned(): string[] {
    const { raw } = this.#datapath.maps.learned;
    const keys = [...raw.keys()];
    for (const key of keys) raw.delete(key);
    return keys.map((key) => Buffer.from(key).toString('hex', 4));
  }

  hasLearned(): boolean {
    return this.#datapath.maps.learned.raw.keys().next().done !== true;
  }

  /** What the datapath says its pods hold; set to nothing, since we took it out behind its back. */
  takeUsage(): { pending: number; learned: number } {
    const { usage } = this.#datapath.maps;
    const held = { pending: 0, learned: 0 };
    for (const { number } of Object.values(PODS)) {
      const { pending = 0, learned = 0, streams = 0, streamParts = 0 } = usage.get(number) ?? {};
      held.pending += pending;
      held.learned += learned;
      usage.set(number, { ...UNUSED, streams, streamParts });
    }
    return held;
  }

  #remove(): void {
    const { root } = this.#datapath;
    this.#datapath[Symbol.dispose]();
    Datapath.detachAll(root);
  }

  [Symbol.dispose](): void {
    this.#programs.in[Symbol.dispose]();
    this.#programs.out[Symbol.dispose]();
    this.#remove();
  }
}

function keyOf(number: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(number);
  return key;
}

function sumOfWords(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 8) {
    sum += view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }
  return sum;
}
