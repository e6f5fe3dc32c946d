import type { Server } from '@grpc/grpc-js';
import { type Timers, realTimers } from '../timers.ts';

/** Milliseconds that open calls have to end by themselves. */
const PATIENCE = 1_000;

/** Stops a server: no new calls, and what does not end in time is cut. */
export async function shutdown(server: Server, timers: Timers = realTimers): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(PATIENCE, () => server.forceShutdown());
  server.tryShutdown(() => resolve());
  await promise;
  cancel();
}
