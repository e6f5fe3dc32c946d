/**
 * Back-fill: what a pod was answered before its ruleset counts as learned when the ruleset starts, so that
 * switching a policy on or editing it cuts nothing that it allows. All times are now() in nanoseconds.
 */

/** One name of an endpoint's recent answers, read whole. */
export interface RecentAnswer {
  readonly nameHash: bigint;
  /** Wire form with the root label, folded. */
  readonly name: Uint8Array;
  readonly addresses: readonly { readonly address: Uint8Array; readonly expires: bigint }[];
}

/** That an address stands for an identity until `expires`. */
export interface Lesson {
  readonly address: Uint8Array;
  readonly handle: number;
  readonly expires: bigint;
  readonly nameHash: bigint;
}

export interface BackfillInput {
  readonly answers: readonly RecentAnswer[];
  /** Handles of the new ruleset's selectors that match a name. */
  readonly match: (name: Uint8Array) => readonly number[];
  readonly now: bigint;
  readonly mayLearn: (address: Uint8Array) => boolean;
  /** NW_IDENTITIES_PER_NAME */
  readonly identitiesPerName: number;
}

export interface BackfillPlan {
  readonly lessons: Lesson[];
  /** Names that matched more selectors than one question keeps. */
  readonly overflows: number;
}

/** One lesson for each live, learnable address and matching selector; of several names the latest expiry. */
export function planBackfill({ answers, match, now, mayLearn, identitiesPerName }: BackfillInput): BackfillPlan {
  const lessons = new Map<string, Lesson>();
  let overflows = 0;
  for (const { nameHash, name, addresses } of answers) {
    const live = addresses.filter(({ address, expires }) => expires > now && mayLearn(address));
    if (live.length === 0) continue;
    const handles = match(name);
    if (handles.length > identitiesPerName) overflows++;
    for (const handle of handles.slice(0, identitiesPerName)) {
      for (const { address, expires } of live) {
        const key = `${handle}/${Buffer.from(address).toString('hex')}`;
        const known = lessons.get(key);
        if (known === undefined || known.expires < expires) lessons.set(key, { address, handle, expires, nameHash });
      }
    }
  }
  return { lessons: [...lessons.values()], overflows };
}

/** The identities of one learned address: parallel arrays of NW_IDENTITIES_PER_ADDRESS slots. */
export interface IdentitySlots {
  readonly handles: number[];
  readonly expires: bigint[];
  readonly names: bigint[];
}

/** Adds a lesson to an address's slots. Never shortens an expiry. False: all slots hold other live identities. */
export function mergeSlots(slots: IdentitySlots, { handle, expires, nameHash }: Lesson, now: bigint): boolean {
  let at = slots.handles.indexOf(handle);
  if (at >= 0 && (slots.expires[at] ?? 0n) >= expires) return true;
  if (at < 0) at = slots.handles.findIndex((other, i) => other === 0 || (slots.expires[i] ?? 0n) <= now);
  if (at < 0) return false;
  slots.handles[at] = handle;
  slots.expires[at] = expires;
  slots.names[at] = nameHash;
  return true;
}

/** The identities a question keeps, with those of the new ruleset added: ascending, each once, at most `limit`. */
export function mergePending(held: readonly number[], added: readonly number[], limit: number): number[] | undefined {
  const merged = [...new Set([...held.filter((h) => h !== 0), ...added])];
  if (merged.length === held.filter((h) => h !== 0).length) return undefined;
  return merged.slice(0, limit);
}
