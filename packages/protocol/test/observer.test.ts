import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { EventKind, ObserverClient, type ObserverHandlers, ProtocolError, serveObserver } from '@namewall/protocol';
import { socketAddress } from './support/world.ts';

const NOTHING: ObserverHandlers = {
  status: () => ({}),
  endpoints: () => [],
  names: () => [],
  explain: () => ({}),
  observe: async function* observe() {},
};

async function connected(t: Parameters<typeof socketAddress>[0], handlers: Partial<ObserverHandlers>) {
  const address = await socketAddress(t);
  const close = await serveObserver(address, { ...NOTHING, ...handlers });
  const client = new ObserverClient(address);
  t.after(async () => {
    client[Symbol.dispose]();
    await close();
  });
  return client;
}

test('status, endpoints and names come through, 64-bit fields as bigint', async (t) => {
  const client = await connected(t, {
    status: () => ({ node: 'n', uptimeMs: 2n ** 63n, counts: [{ number: 3, reason: 'QUERY_NO_RULE', count: 7n }] }),
    endpoints: ({ filter }) => [{ uid: 'u1', namespace: filter?.namespace ?? '' }, { uid: 'u2' }],
    names: () => [{ name: 'a.example', expiresInMs: -3n }],
  });
  const status = await client.status();
  assert.equal(status.uptimeMs, 2n ** 63n);
  assert.equal(status.counts[0]?.count, 7n);
  const endpoints = await Array.fromAsync(client.endpoints({ filter: { namespace: 'shop' } }));
  assert.deepEqual(
    endpoints.map(({ uid, namespace }) => [uid, namespace]),
    [
      ['u1', 'shop'],
      ['u2', ''],
    ],
  );
  assert.equal((await Array.fromAsync(client.names()))[0]?.expiresInMs, -3n);
});

test('an observer that does not read stops the source; one that goes ends it', async (t) => {
  let yielded = 0;
  const ended = Promise.withResolvers<void>();
  const client = await connected(t, {
    async *observe(_request, signal) {
      try {
        while (!signal.aborted) {
          yielded++;
          yield { kind: EventKind.EVENT_KIND_QUERY, name: 'x'.repeat(100_000) };
          await new Promise(setImmediate);
        }
      } finally {
        ended.resolve();
      }
    },
  });
  const stop = new AbortController();
  let seen = 0;
  for await (const event of client.observe({}, stop.signal)) {
    assert.equal(event.kind, EventKind.EVENT_KIND_QUERY);
    if (++seen === 3) break;
  }
  await ended.promise;
  assert.ok(yielded < 200, `${yielded} events for a reader of 3`);
});

test('a question is answered, and an agent that does not know it is told apart from none', async (t) => {
  const client = await connected(t, {
    explain: ({ name, endpoint }) => ({ question: name, reasonNumber: endpoint, connections: [{ why: 'inner' }] }),
  });
  const { question, reasonNumber, connections } = await client.explain({ name: 'api.example', endpoint: 7 });
  assert.deepEqual([question, reasonNumber, connections.map(({ why }) => why)], ['api.example', 7, ['inner']]);
  const address = await socketAddress(t);
  const older = new Server();
  await promisify(older.bindAsync.bind(older))(address, ServerCredentials.createInsecure());
  t.after(() => older.forceShutdown());
  using asking = new ObserverClient(address);
  await assert.rejects(
    asking.explain({ name: 'api.example' }),
    (error) => error instanceof ProtocolError && error.code === 'OLD_AGENT' && /upgrade it/u.test(error.message),
  );
});

test('what a handler throws reaches the caller, a dead agent is named', async (t) => {
  const client = await connected(t, {
    status: () => Promise.reject(new Error('maps are gone')),
    names: () => {
      throw new Error('no table');
    },
  });
  const failure = (code: string, message: RegExp) => (error: unknown) =>
    error instanceof ProtocolError && error.code === code && message.test(error.message);
  await assert.rejects(client.status(), failure('AGENT_FAILED', /INTERNAL: maps are gone/u));
  await assert.rejects(Array.fromAsync(client.names()), failure('AGENT_FAILED', /INTERNAL: no table/u));
  using nobody = new ObserverClient(await socketAddress(t));
  await assert.rejects(
    nobody.status(),
    failure('UNAVAILABLE', /no agent answers on unix:.*; is namewall-agent running/u),
  );
});
