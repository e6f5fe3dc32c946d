import type { ResourceProblem } from '../change.ts';
import { MAX_UNACKED } from '../limits.ts';
import { type HeldVersion, type ResourceId, resourceKey } from '../resource.ts';
import { type AppliedEndpoints, appliedOf } from './applied.ts';
import { type Chunk, chunks } from './chunk.ts';
import type { EncodedDelta } from './delta-cache.ts';
import {
  type Difference,
  REMOVAL,
  type Versions,
  type Wanted,
  advance,
  difference,
  fromKey,
  versionHex,
} from './difference.ts';

/** What a node is to hold, and what caused it. */
export interface WantedState {
  readonly resources: Wanted;
  readonly traceparent: string;
}

/** A change on its way: fixed when it begins, so that the agent gets one state and not a mixture. */
export interface OutgoingChange {
  readonly difference: Difference;
  readonly traceparent: string;
}

interface InFlight extends OutgoingChange {
  readonly wanted: WantedState;
  readonly chunks: readonly Chunk[];
  next: number;
}

/**
 * How far one agent is. Holds versions and references, never a queue: one change at a time is on its way,
 * and the next is computed from what the agent then holds and what is then wanted.
 */
export class Progress {
  #held: Versions;
  #wanted: WantedState | undefined;
  #rejected: Versions = new Map();
  /** Refused without naming a resource: nothing is sent until something else is wanted. */
  #refused: WantedState | undefined;
  #change: InFlight | undefined;
  #synced = false;
  readonly #unacked = new Map<string, { readonly bytes: number; readonly complete: boolean }>();

  constructor(held: readonly HeldVersion[]) {
    this.#held = new Map(held.map((resource) => [resourceKey(resource), versionHex(resource)]));
  }

  want(wanted: WantedState | undefined): void {
    this.#wanted = wanted;
    const still = ([key, version]: readonly [string, string]) => {
      const resource = wanted?.resources.get(key);
      return version === (resource === undefined ? REMOVAL : versionHex(resource));
    };
    this.#rejected = new Map([...this.#rejected].filter(still));
  }

  /** The next delta to write, with its place in the change; undefined when there is none, or an Ack must come first. */
  next(): { readonly chunk: Chunk; readonly traceparent: string; readonly place: number } | undefined {
    if (this.#unacked.size >= MAX_UNACKED) return undefined;
    this.#change ??= this.#begin();
    const place = this.#change?.next ?? 0;
    const chunk = this.#change?.chunks[place];
    if (this.#change === undefined || chunk === undefined) return undefined;
    return { chunk, traceparent: this.#change.traceparent, place };
  }

  /** @param delta what {@link next} asked for, now written. */
  written({ nonce, bytes }: EncodedDelta, { complete }: Chunk): void {
    this.#unacked.set(nonce, { bytes: bytes.length, complete });
    if (this.#change !== undefined) this.#change.next++;
  }

  /** @returns the change that the agent now enforces, when this completes one. */
  ack(nonce: string): OutgoingChange | undefined {
    const acked = this.#unacked.get(nonce);
    this.#unacked.delete(nonce);
    return acked?.complete === true ? this.#end(true) : undefined;
  }

  /** @returns the change that the agent refused; undefined when the nonce is not that of a whole change. */
  nack(nonce: string, errors: readonly ResourceProblem[]): OutgoingChange | undefined {
    const change = this.#change;
    if (change === undefined || this.#unacked.get(nonce)?.complete !== true) return undefined;
    this.#unacked.delete(nonce);
    const named = new Set(errors.map(resourceKey));
    const upserts = change.difference.upserts.filter((resource) => named.has(resourceKey(resource)));
    const removals = change.difference.removals.filter((resource) => named.has(resourceKey(resource)));
    const rejected = new Map(this.#rejected);
    for (const resource of upserts) rejected.set(resourceKey(resource), versionHex(resource));
    for (const resource of removals) rejected.set(resourceKey(resource), REMOVAL);
    if (upserts.length + removals.length === 0) this.#refused = change.wanted;
    this.#rejected = rejected;
    const ended = this.#end(false);
    // What was refused may be wanted no longer.
    this.want(this.#wanted);
    return ended;
  }

  get inSync(): boolean {
    return this.#synced && this.#change === undefined && this.#begin() === undefined && this.#refused !== this.#wanted;
  }

  get unacked(): { readonly count: number; readonly bytes: number } {
    const bytes = [...this.#unacked.values()].reduce((sum, delta) => sum + delta.bytes, 0);
    return { count: this.#unacked.size, bytes };
  }

  /** Endpoints that the agent holds as they are wanted. */
  get applied(): AppliedEndpoints {
    return appliedOf(this.#held, this.#wanted?.resources ?? new Map());
  }

  get rejected(): ResourceId[] {
    return [...this.#rejected.keys()].map(fromKey);
  }

  #begin(): InFlight | undefined {
    const wanted = this.#wanted;
    if (wanted === undefined || wanted === this.#refused) return undefined;
    const found = difference(this.#held, wanted.resources, this.#rejected);
    // The first one is sent even when it is empty: it tells the agent that it holds everything.
    if (this.#synced && found.upserts.length + found.removals.length === 0) return undefined;
    return { difference: found, chunks: chunks(found), wanted, traceparent: wanted.traceparent, next: 0 };
  }

  #end(applied: boolean): OutgoingChange | undefined {
    const change = this.#change;
    if (change === undefined) return undefined;
    this.#change = undefined;
    if (applied) this.#held = advance(this.#held, change.difference);
    this.#synced ||= applied;
    return change;
  }
}
