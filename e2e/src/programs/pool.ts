/**
 * A pool of connections to a Redis. A line on stdin, "work N", has every connection increment a key N times, all at
 * once, and is answered with how many increments worked and why others did not. A pool with a fault, and one that
 * was dropped ("drop"), is made anew by the next "work". With "once" it looks its host up once and keeps the address.
 */
import { lookup } from 'node:dns/promises';
import { createInterface } from 'node:readline';
import { ClientClosedError, createClientPool } from '@redis/client';

const [name = '', port = '', key = '', size = '', once] = process.argv.slice(2);
const host = once === undefined ? name : (await lookup(name)).address;

interface Done {
  worked: number;
  failed: Record<string, number>;
}

const make = () =>
  createClientPool(
    { socket: { host, port: Number(port), reconnectStrategy: false } },
    { minimum: Number(size), maximum: Number(size), acquireTimeout: 2000, cleanupDelay: 600_000 },
  ).on('error', () => undefined);

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

let pool: ReturnType<typeof make> | undefined;

async function work(count: number): Promise<Done> {
  const done: Done = { worked: 0, failed: {} };
  const one = async (): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      await pool?.incr(key);
      done.worked += 1;
    }
  };
  if (count === 0) return done;
  try {
    if (pool === undefined) {
      pool = make();
      await pool.connect();
    }
    const all = await Promise.allSettled(Array.from({ length: Number(size) }, one));
    for (const result of all) if (result.status === 'rejected') throw result.reason;
  } catch (error) {
    done.failed[reason(error)] = Number(size) * count - done.worked;
    discard();
  }
  return done;
}

/** Clients that are closed already protest. */
function discard(): void {
  try {
    pool?.destroy();
  } catch (error) {
    if (!(error instanceof ClientClosedError)) throw error;
  } finally {
    pool = undefined;
  }
}

async function answer(line: string): Promise<void> {
  const [verb, count] = line.split(' ');
  if (verb === 'drop') discard();
  console.log(JSON.stringify(await work(Number(count ?? 0))));
}

createInterface({ input: process.stdin })
  .on('line', (line) => void answer(line))
  .on('close', () => process.exit(0));
