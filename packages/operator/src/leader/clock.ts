import { setTimeout as delay } from 'node:timers/promises';

/** Time as leaders and their work see it; tests give their own. */
export interface Clock {
  /** Milliseconds that only ever grow. */
  monotonic(): number;
  /** For people to read; never compared with another machine's. */
  wall(): Date;
  /** Resolves early, without an error, when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  monotonic: () => performance.now(),
  wall: () => new Date(),
  async sleep(milliseconds, signal) {
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  },
};
