import type { ResourceProblem } from '../change.ts';
import { MAX_UNACKED } from '../limits.ts';
import { type HeldVersion, type ResourceId, resourceKey, versionText } from '../resource.ts';
import { type AppliedEndpoints, appliedOf } from './applied.ts';
import { type Chunk, chunks } from './chunk.ts';
import type { EncodedDelta } from './delta-cache.ts';
import { type Difference, REMOVAL, type Versions, advance, difference, fromKey } from './difference.ts';
import type { Wanted } from './wanted.ts';

/** A change on its way: fixed when it begins, so that the agent gets one state and not a mixture. */
export interface OutgoingChange {
  readonly difference: Difference;
  readonly traceparent: string;
}

interface InFlight extends OutgoingChange {
  /** Of what was wanted when it began. */
  readonly edition: number;
  readonly chunks: readonly Chunk[];
  next: number;
}

/**
 * How far one agent is. Holds versions and references, never a queue: one change at a time is on its way,
 * and the next is computed from what the agent then holds and what is then wanted.
 */
export class Progress {
  readonly #held: Map<string, string>;
  #wanted: Wanted | undefined;
  /** Keys of what the agent may hold otherwise than it is wanted. What is on its way is not among them. */
  #unlike: Set<string>;
  #rejected: Versions = new Map();
  /** Edition that was refused without naming a resource: nothing is sent until something else is wanted. */
  #refused: number | undefined;
  #change: InFlight | undefined;
  #synced = false;
  readonly #unacked = new Map<string, { readonly bytes: number; readonly complete: boolean }>();

  /** @param wanted has most of what is held: of that it has the texts, which need not be kept once a stream */
  constructor(held: readonly HeldVersion[], wanted: Wanted | undefined) {
    this.#held = new Map(
      held.map((resource) => {
        const [key, text] = [resourceKey(resource), versionText(resource)];
        const known = wanted?.resources.get(key);
        return known?.text === text ? [known.key, known.text] : [key, text];
      }),
    );
    this.#wanted = wanted;
    this.#unlike = this.#everything();
  }

  /** @param changed keys of what is now another one in what is wanted */
  want(wanted: Wanted | undefined, changed: readonly string[]): void {
    const same = wanted === this.#wanted;
    this.#wanted = wanted;
    if (!same) this.#refused = undefined;
    // Where something is refused, what needs it waits too.
    if (!same || this.#rejected.size > 0) this.#unlike = this.#everything();
    else for (const key of changed) this.#unlike.add(key);
    this.#forgive();
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
    const upserts = change.difference.upserts.filter(({ key }) => named.has(key));
    const removals = change.difference.removals.filter((resource) => named.has(resourceKey(resource)));
    const rejected = new Map(this.#rejected);
    for (const { key, text } of upserts) rejected.set(key, text);
    for (const resource of removals) rejected.set(resourceKey(resource), REMOVAL);
    if (upserts.length + removals.length === 0) this.#refused = change.edition;
    this.#rejected = rejected;
    const ended = this.#end(false);
    this.#unlike = this.#everything();
    this.#forgive();
    return ended;
  }

  get inSync(): boolean {
    const refused = this.#refused !== undefined && this.#refused === this.#wanted?.edition;
    return this.#synced && this.#change === undefined && !refused && isEmpty(this.#difference());
  }

  get unacked(): { readonly count: number; readonly bytes: number } {
    const bytes = [...this.#unacked.values()].reduce((sum, delta) => sum + delta.bytes, 0);
    return { count: this.#unacked.size, bytes };
  }

  /** Endpoints that the agent holds as they are wanted. */
  get applied(): AppliedEndpoints {
    return appliedOf(this.#held, this.#wanted?.resources ?? NOTHING);
  }

  get rejected(): ResourceId[] {
    return [...this.#rejected.keys()].map(fromKey);
  }

  #begin(): InFlight | undefined {
    const wanted = this.#wanted;
    if (wanted === undefined || wanted.edition === this.#refused) return undefined;
    if (this.#synced && this.#unlike.size === 0) return undefined;
    const found = this.#difference();
    this.#unlike = new Set();
    // The first one is sent even when it is empty: it tells the agent that it holds everything.
    if (this.#synced && isEmpty(found)) return undefined;
    const { edition, traceparent } = wanted;
    return { difference: found, chunks: chunks(found), edition, traceparent, next: 0 };
  }

  #difference(): Difference {
    return difference(this.#unlike, this.#held, this.#wanted?.resources ?? NOTHING, this.#rejected);
  }

  #end(applied: boolean): OutgoingChange | undefined {
    const change = this.#change;
    if (change === undefined) return undefined;
    this.#change = undefined;
    if (applied) advance(this.#held, change.difference);
    this.#synced ||= applied;
    return change;
  }

  #everything(): Set<string> {
    return new Set([...(this.#wanted?.resources.keys() ?? []), ...this.#held.keys()]);
  }

  /** What was refused and is not wanted any more. */
  #forgive(): void {
    if (this.#rejected.size === 0) return;
    const still = ([key, version]: readonly [string, string]): boolean =>
      version === (this.#wanted?.resources.get(key)?.text ?? REMOVAL);
    this.#rejected = new Map([...this.#rejected].filter(still));
  }
}

const NOTHING: Wanted['resources'] = new Map();

const isEmpty = ({ upserts, removals }: Difference): boolean => upserts.length + removals.length === 0;
