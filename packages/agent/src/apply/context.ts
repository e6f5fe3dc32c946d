/** What apply needs of the datapath; `Datapath` fits, tests of failures wrap it. */
import type { Ahead, CableEnds, Config, Hook, InboundPlace, IndexHeader, Sizes } from '@namewall/datapath';
import type { Asked } from '../endpoints/proof.ts';
import type { Replied } from '../endpoints/way.ts';
import type { Teach } from './backfill.ts';
import type { Tables } from './tables.ts';

export interface Kernel {
  readonly maps: Tables;
  readonly sizes: Sizes;
  allocate(kind: 'endpoint' | 'ruleset' | 'handle'): number;
  /** The programs' clock, nanoseconds. */
  now(): bigint;
  swapIndex(bytes: Uint8Array): void;
  indexHeader(): IndexHeader | undefined;
  /** The index's random key. */
  readonly hashKey: Uint32Array;
  /** Does what the CNI plugin may not do at the same time: reading and writing what is pinned for a pod. */
  locked<T>(work: () => T): T;
  attach(endpoint: number, ends: CableEnds, inbound: InboundPlace): void;
  detach(endpoint: number): void;
  hooks(): Hook[];
  /** Programs of others that see an endpoint's packets before its hooks do. */
  ahead(endpoint: number, netns: string): Ahead[];
  /** An endpoint's questions, answers and refusals so far. */
  asked(endpoint: number): Asked & Replied;
  /** The number by which programs on sockets know a network namespace. */
  cookieOf(netns: string): bigint;
  readonly teach: Teach;
  /** `config` of new pins: what stands where the operator leaves a value open. */
  readonly defaults: Config;
}

/** The slot that a number has in a table with a power of two of slots. */
export function slotIn(slots: number): (number: number) => number {
  return (number) => (number & (slots - 1)) >>> 0;
}
