import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { TelemetryError } from './errors.ts';

export interface HealthOptions {
  /** `HOST:PORT`, `[::]:9090`; port 0: any that is free */
  readonly address: string;
  /** What has yet to come about before others may count on this process; none: it is ready. */
  readonly missing: () => readonly string[];
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  /** Of what is counted, to add to. */
  readonly registry: Registry;
}

/**
 * `/healthz`: it answers, 200. `/readyz`: 200, or 503 with what is missing, a line each. `/metrics`: Prometheus text,
 * with those of the process. Nothing else, and nothing that is secret.
 * @throws TelemetryError BAD_ADDRESS, ADDRESS_IN_USE
 */
export async function serveHealth({ address, missing }: HealthOptions): Promise<HealthServer> {
  const { host, port } = parseAddress(address);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const server = createServer((request, response) => void answer(request, response, missing, registry));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(address, error)));
  server.listen({ host, port }, resolve);
  await promise;
  const bound = server.address();
  return {
    registry,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  missing: () => readonly string[],
  registry: Registry,
): Promise<void> {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  };
  if (method !== 'GET') return say(405, 'only GET\n');
  switch (url?.replace(/\?.*$/u, '')) {
    case '/healthz':
      return say(200, 'ok\n');
    case '/readyz': {
      const waiting = missing();
      return waiting.length === 0
        ? say(200, 'ok\n')
        : say(503, `${waiting.map((one) => `waits for ${one}`).join('\n')}\n`);
    }
    case '/metrics':
      return registry.metrics().then(
        (text) => say(200, text, registry.contentType),
        (error: unknown) => say(500, `${String(error)}\n`),
      );
    default:
      return say(404, 'there are /healthz, /readyz and /metrics\n');
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<four>[^:[\]]+)):(?<port>\d{1,5})$/u.exec(address);
  const port = Number(match?.groups?.['port'] ?? Number.NaN);
  const host = match?.groups?.['six'] ?? match?.groups?.['four'];
  if (host === undefined || !(port <= 65_535)) {
    throw new TelemetryError('BAD_ADDRESS', `"${address}" is not HOST:PORT; write it like 127.0.0.1:9090 or [::]:9090`);
  }
  return { host, port };
}

function cannotListen(address: string, error: NodeJS.ErrnoException): TelemetryError {
  const message = `cannot listen on ${address}: ${error.message}; give another address`;
  return new TelemetryError(error.code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'BAD_ADDRESS', message, { cause: error });
}
