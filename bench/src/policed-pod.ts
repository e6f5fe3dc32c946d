import {
  Datapath,
  NwPrecedence,
  NwQueryFlag,
  NwRangeFlag,
  NwResolver,
  NwRulesetFlag,
  type Rule,
  type Sizes,
  trampoline,
  unreservedOctets,
} from '@namewall/datapath';
import { BpfProgram, ProgramType, RingBuffer } from '@namewall/libbpf';
import { type Selector, buildIndex, parseCidr, DEFAULT_RESERVED_RANGES, METADATA_RANGES } from '@namewall/policy';

const RULESET = 5;
const UDP = 17;
const HOUR = 3_600_000_000_000n;

/** The sizes that a node has, but for 100,000 selectors. */
const SIZES: Partial<Sizes> = { rules: 131_072, indexBlocks: 524_288 };

/** Ranges as a node of a small cluster has them. */
const RANGES = (
  [
    [NwRangeFlag.CLUSTER, ['198.18.1.0/24', '198.51.100.0/24', '2001:db8:18::/48']],
    [NwRangeFlag.RESERVED, ['192.0.2.0/24', ...DEFAULT_RESERVED_RANGES]],
    [NwRangeFlag.RESERVED | NwRangeFlag.METADATA, METADATA_RANGES],
  ] as const
).flatMap(([flags, cidrs]) => cidrs.map((cidr) => ({ ...parseCidr(cidr), flags })));

const EMPTY_ROW = { precedence: 0, portFirst: 0, portLast: 0, protocol: 0, flags: 0 };
const ALLOWED: Rule = {
  count: 1,
  query: NwQueryFlag.ALLOW,
  rows: [
    { ...EMPTY_ROW, precedence: NwPrecedence.ALLOW, portLast: 65535 },
    ...Array.from({ length: 15 }, () => EMPTY_ROW),
  ],
};

/** 16 octets, as the maps hold an address. */
function mapped(v4: string): Uint8Array {
  const octets = v4.split('.').map(Number);
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...octets]);
}

/**
 * The shipped object over maps of its own, as the agent would fill them for one policed pod, and the pod's two
 * trampolines, on no cable: their packets are handed to them.
 */
export class PolicedPod implements Disposable {
  static readonly address = '198.18.1.10';
  static readonly resolver = '198.51.100.53';
  readonly #datapath: Datapath;
  readonly #endpoint: number;
  readonly #events: RingBuffer;
  /** The pod's programs by direction, and one that does nothing. */
  readonly programs: Readonly<Record<'in' | 'out' | 'empty', BpfProgram>>;

  /** Pins under a root that nobody uses; removed by dispose. */
  constructor(root: string, objectPath: string) {
    this.#datapath = Datapath.open({ root, objectPath, sizes: SIZES });
    try {
      this.#endpoint = this.#datapath.allocate('endpoint');
      this.#events = new RingBuffer(this.#datapath.maps.events, () => undefined);
      this.#configure();
      const load = (name: string, insns: Uint8Array): BpfProgram =>
        BpfProgram.load({ type: ProgramType.SCHED_CLS, name, license: 'GPL', insns });
      const programs = this.#datapath.maps.programs.fd;
      this.programs = {
        in: load('bench_in', trampoline(this.#endpoint, programs, 'in')),
        out: load('bench_out', trampoline(this.#endpoint, programs, 'out')),
        // r0 = -1 (TC_ACT_UNSPEC); exit
        empty: load('empty', Uint8Array.from([0xb4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95, 0, 0, 0, 0, 0, 0, 0])),
      };
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  #configure(): void {
    const { maps, sizes } = this.#datapath;
    this.#datapath.updateConfig({
      ttlFloor: HOUR,
      pendingAge: HOUR,
      quotaPending: sizes.pending,
      quotaLearned: sizes.learned,
      quotaFlowsOut: sizes.flows,
      resolverPorts: [1n << 53n, 1n << 21n, 0n, 0n],
      ...unreservedOctets(RANGES),
    });
    maps.resolvers.set({ address: mapped(PolicedPod.resolver), port: 53, protocol: UDP }, NwResolver.PLAIN);
    for (const { prefix, prefixLength, flags } of RANGES) maps.ranges.set({ prefixLength, address: prefix }, flags);
    const bounds = { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n };
    const flags = NwRulesetFlag.FILTER_NAMES | NwRulesetFlag.ISOLATED;
    maps.rulesets.set(RULESET, { number: RULESET, flags, ...bounds });
    maps.endpoints.set(this.#endpoint & (sizes.endpoints - 1), {
      number: this.#endpoint,
      ruleset: RULESET,
      flags: 0,
      netnsCookie: 0n,
      selectedAt: 0n,
      addresses: [mapped(PolicedPod.address), new Uint8Array(16)],
    });
  }

  /** Lets the pod ask for these names and connect to what they resolve to. */
  allow(selectors: readonly Selector[]): void {
    const { maps, sizes, hashKey } = this.#datapath;
    const listed = selectors.map((selector, i) => ({ handle: i + 1, selector }));
    maps.rules.setAll(listed.map(({ handle }) => [{ ruleset: RULESET, handle }, ALLOWED] as const));
    const rulesets = [{ number: RULESET, handles: listed.map(({ handle }) => handle) }];
    const key = Uint32Array.from(hashKey.words);
    this.#datapath.swapIndex(buildIndex({ selectors: listed, rulesets, key, blocks: sizes.indexBlocks }));
  }

  /** Whether what passed is an event too, as when somebody observes. */
  observe(listeners: 0 | 1): void {
    this.#datapath.updateConfig({ listeners });
  }

  /** Empties the event ring, as the agent would. @throws Error when an event was lost: then it was cheaper than it is */
  takeEvents(): void {
    this.#events.drain();
    const lost = this.#datapath.counters().get('EVENT_LOST') ?? 0n;
    if (lost > 0n) throw new Error(`${lost} events did not fit the ring: give it fewer packets before takeEvents()`);
  }

  /** Takes out the questions, addresses and flows of earlier measurements. */
  forget(): void {
    const { maps, sizes } = this.#datapath;
    for (const { raw } of [maps.pending, maps.learned, maps.flows]) for (const key of raw.keys()) raw.delete(key);
    maps.usage.set(
      this.#endpoint & (sizes.endpoints - 1),
      maps.usage.value.read(new Uint8Array(maps.usage.value.size)),
    );
  }

  #remove(): void {
    const { root } = this.#datapath;
    this.#datapath[Symbol.dispose]();
    Datapath.detachAll(root);
  }

  [Symbol.dispose](): void {
    for (const program of Object.values(this.programs)) program[Symbol.dispose]();
    this.#events[Symbol.dispose]();
    this.#remove();
  }
}
