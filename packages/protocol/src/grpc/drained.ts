import type { EventEmitter } from 'node:events';

/** Resolves when a stream whose `write()` returned false has room again, or at once when the signal aborts. */
export async function drained(stream: EventEmitter, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = () => resolve();
  stream.once('drain', settle);
  signal.addEventListener('abort', settle, { once: true });
  await promise;
  stream.off('drain', settle);
  signal.removeEventListener('abort', settle);
}
