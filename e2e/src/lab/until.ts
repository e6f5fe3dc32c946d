import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds until the wait is given up. */
  readonly deadline?: number;
  /** Milliseconds between two probes. */
  readonly every?: number;
}

/**
 * Polls a condition and returns its first value that is neither `undefined` nor `false`.
 *
 * @throws Error naming what was waited for, with the last error of the probe as its cause.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { deadline = 10_000, every = 15 }: UntilOptions = {},
): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    let cause: unknown;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain for ${what}`, { cause });
    await delay(every);
  }
}
