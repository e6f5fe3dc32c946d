/** Moves endpoints to other rulesets so that nothing the new one allows is cut: back-fill, switch, back-fill again. */
import { SelectorSet, parseCanonical } from '@namewall/policy/names';
import type { Ruleset } from '@namewall/protocol';
import type { Endpoints } from '../endpoints/manager.ts';
import { isEnforcing } from '../endpoints/slots.ts';
import { type BackfillContext, type BackfillCounts, type Seen, backfill, extendPending } from './backfill.ts';
import { type Kernel, slotIn } from './context.ts';
import type { Handles } from './handles.ts';
import { AddressesInUse } from './in-use.ts';

export interface Move {
  readonly uid: string;
  readonly endpoint: number;
  /** Numbers; 0 = not selected. */
  readonly from: number;
  readonly to: number;
  /** Of `to`; undefined when it is 0. */
  readonly ruleset: Ruleset | undefined;
}

export interface Moved extends BackfillCounts {
  readonly endpoints: number;
}

/** Selector sets are shared by the endpoints that move to one ruleset and dropped with the change. */
function selectorSets(moves: readonly Move[], handles: Handles): Map<number, SelectorSet> {
  const sets = new Map<number, SelectorSet>();
  for (const { to, ruleset } of moves) {
    if (ruleset === undefined || sets.has(to)) continue;
    sets.set(
      to,
      new SelectorSet(
        ruleset.names.map(({ selector }) => ({
          handle: handles.handleOf(selector),
          selector: parseCanonical(selector),
        })),
      ),
    );
  }
  return sets;
}

/** A flow keeps an address beyond its answer's time: until when it stands for the name, by what the pod has learned. */
function keptUntil({ learned }: Kernel['maps'], endpoint: number, address: Uint8Array, name: bigint): bigint {
  const entry = learned.get({ endpoint, address });
  if (entry === undefined) return 0n;
  return entry.expires.reduce((best, at, i) => (entry.names[i] === name && at > best ? at : best), 0n);
}

/** What flows have kept; for pods that nothing was enforced for and something is from now on, the idle window from now. */
function usedUntil(kernel: Kernel, moves: readonly Move[]): BackfillContext['usedUntil'] {
  const now = kernel.now();
  const standard = kernel.maps.config.get(0)?.idleWindow ?? 0n;
  const begins = moves.filter(({ from, to }) => !isEnforcing(kernel, from) && isEnforcing(kernel, to));
  const windows = new Map(
    begins.map(({ endpoint, ruleset }) => [endpoint, ruleset?.durations?.idleWindow || standard]),
  );
  const inUse = new AddressesInUse(kernel.maps, windows.keys(), now);
  return (endpoint, address, name) => {
    const window = windows.get(endpoint);
    const kept = keptUntil(kernel.maps, endpoint, address, name);
    return window === undefined || kept > now || !inUse.has(endpoint, address) ? kept : now + window;
  };
}

/** Throws when a write fails; endpoints moved until then are moved back. */
export function moveEndpoints(kernel: Kernel, endpoints: Endpoints, handles: Handles, moves: readonly Move[]): Moved {
  const sets = selectorSets(moves, handles);
  const counts: BackfillCounts = { learned: 0, refused: 0, questions: 0 };
  const slot = slotIn(kernel.sizes.endpoints);
  const perEndpoint = kernel.sizes.answersPerEndpoint;
  const context = {
    tables: kernel.maps,
    answersOf: (endpoint: number) => ({ first: slot(endpoint) * perEndpoint, count: perEndpoint }),
    now: () => kernel.now(),
    teach: kernel.teach,
    usedUntil: usedUntil(kernel, moves),
  };
  const seen = new Map<number, Seen>();
  const fill = (): void => {
    const byEndpoint = new Map<number, SelectorSet>();
    for (const { endpoint, to } of moves) {
      const set = sets.get(to);
      if (set !== undefined) byEndpoint.set(endpoint, set);
    }
    if (byEndpoint.size === 0) return;
    counts.questions += extendPending(kernel.maps.pending, byEndpoint);
    for (const [endpoint, set] of byEndpoint) {
      const read = seen.get(endpoint) ?? new Map<number, number>();
      seen.set(endpoint, read);
      const { learned, refused } = backfill(context, endpoint, set, read);
      counts.learned += learned;
      counts.refused += refused;
    }
  };
  fill();
  const done: Move[] = [];
  try {
    for (const move of moves) {
      endpoints.switch(move.uid, move.to);
      done.push(move);
    }
    fill();
  } catch (error) {
    for (const { uid, from } of done) endpoints.switch(uid, from);
    throw error;
  }
  return { ...counts, endpoints: moves.length };
}
