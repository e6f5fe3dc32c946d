/** An authority as far as its rotation goes. */
export interface AuthorityFacts {
  /** PEM. */
  readonly certificate: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What is stored, and since when it has been so as this process saw it. */
export interface RotationState {
  /** Milliseconds since 1970; only held against certificates. */
  readonly now: number;
  /** Nobody else makes and rotates it. */
  readonly owned: boolean;
  readonly current: AuthorityFacts | undefined;
  readonly next: AuthorityFacts | undefined;
  /** What agents are told to trust, PEM each. */
  readonly published: readonly string[];
  /** Milliseconds for which this process has seen exactly this. Replicas' clocks need not agree. */
  readonly unchanged: number;
}

export interface RotationTimes {
  /** Until every agent has read what is published: a kubelet takes two minutes. Milliseconds. */
  readonly propagation: number;
  /** Longest that a certificate is good for. Milliseconds. */
  readonly leaf: number;
}

export const ROTATION_TIMES: RotationTimes = { propagation: 600_000, leaf: 7_200_000 };

/** Of an authority's time, what has passed when the next one is made. */
const ROTATE_AT = 2 / 3;

/** The one thing to do now; then everything is read again. */
export type RotationStep =
  | { readonly do: 'nothing' }
  /** Make an authority: there is none. */
  | { readonly do: 'create' }
  /** Make the one that comes next; nothing is signed with it yet. */
  | { readonly do: 'prepare' }
  | { readonly do: 'publish'; readonly certificates: readonly string[] }
  /** The next one signs from now on. */
  | { readonly do: 'promote' };

/**
 * First the new authority is published, long before anything is signed by it; the old one stays published until all that
 * it signed has ended.
 */
export function nextStep(state: RotationState, times: RotationTimes = ROTATION_TIMES): RotationStep {
  const { now, owned, current, next, published, unchanged } = state;
  if (current === undefined) return owned ? { do: 'create' } : { do: 'nothing' };
  const inUse = [current.certificate, ...(next ? [next.certificate] : [])];
  const missing = inUse.filter((certificate) => !published.includes(certificate));
  if (missing.length > 0) return { do: 'publish', certificates: [...published, ...missing] };
  if (next !== undefined) return unchanged >= times.propagation ? { do: 'promote' } : { do: 'nothing' };
  if (published.length > inUse.length) {
    return unchanged >= times.leaf ? { do: 'publish', certificates: inUse } : { do: 'nothing' };
  }
  const due = current.notBefore + (current.notAfter - current.notBefore) * ROTATE_AT;
  return owned && now >= due ? { do: 'prepare' } : { do: 'nothing' };
}
