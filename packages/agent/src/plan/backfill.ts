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

/** The identities a question keeps, with those of the new ruleset added, each once, at most `limit`; undefined when nothing is added. */
export function mergePending(held: readonly number[], added: readonly number[], limit: number): number[] | undefined {
  const kept = held.filter((handle) => handle !== 0);
  const merged = [...new Set([...kept, ...added])].slice(0, limit);
  return merged.length === kept.length ? undefined : merged;
}
