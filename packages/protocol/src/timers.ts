/** A delay that can be called off; injected so that tests own the time. */
export interface Timers {
  /** Milliseconds that only grow. */
  now(): number;
  /** Calls `run` once after `ms`; the result calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** Real time. A waiting timer keeps the process alive. */
export const realTimers: Timers = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when the signal aborts. */
export async function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = () => resolve();
  const cancel = timers.after(ms, settle);
  signal.addEventListener('abort', settle, { once: true });
  await promise;
  signal.removeEventListener('abort', settle);
  cancel();
}
