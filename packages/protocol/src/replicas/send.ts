import { explain } from '../client/connection.ts';
import { ProtocolError } from '../errors.ts';
import type { NodeReport } from '../gen/namewall/v1/NodeReport.ts';
import { drained } from '../grpc/drained.ts';
import { replicas } from '../grpc/services.ts';
import { type ClientTls, makeClient } from '../tls/client.ts';

/**
 * Sends reports to the leader as they come and only as fast as it reads, until the signal aborts.
 * @throws ProtocolError UNAVAILABLE: the leader does not take them, or the connection broke
 */
export async function sendReports(
  address: string,
  tls: ClientTls,
  batches: AsyncIterable<readonly NodeReport[]>,
  signal: AbortSignal,
): Promise<void> {
  const client = makeClient(address, tls);
  const { path, requestSerialize, responseDeserialize } = replicas.Report;
  const ended = new AbortController();
  let problem: unknown;
  const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error) => {
    problem = error ?? { details: 'the leader ended it' };
    ended.abort();
  });
  // What the callback is told is told here too.
  call.on('error', () => undefined);
  const over = AbortSignal.any([signal, ended.signal]);
  try {
    for await (const nodes of until(batches, over)) {
      if (over.aborted) break;
      if (!call.write({ nodes: [...nodes] })) await drained(call, over);
    }
  } finally {
    call.cancel();
    client.close();
  }
  if (signal.aborted) return;
  throw new ProtocolError('UNAVAILABLE', explain(problem), { cause: problem });
}

/** The batches, but not waiting for one longer than until the signal aborts. */
async function* until<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const settle = () => resolve(undefined);
  if (signal.aborted) settle();
  signal.addEventListener('abort', settle, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', settle);
    // Ends as soon as it has something: nobody waits for that.
    void iterator.return?.();
  }
}
