export interface BackoffOptions {
  /** Milliseconds. */
  readonly initial: number;
  readonly max: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { initial: 250, max: 30_000 };

/**
 * Exponential, with half of it at random, so that agents which lost their operator together do not come
 * back together.
 * @param failures connections that failed since the last good one; at least 1.
 * @param random in [0, 1).
 * @returns milliseconds.
 */
export function backoff(failures: number, random: number, { initial, max }: BackoffOptions): number {
  const full = Math.min(max, initial * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random;
}
