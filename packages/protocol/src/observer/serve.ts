import { Server, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import { drained } from '../grpc/drained.ts';
import { SERVER_OPTIONS } from '../grpc/options.ts';
import { observer } from '../grpc/services.ts';
import { shutdown } from '../grpc/shutdown.ts';
import { listenUnix } from '../grpc/unix-socket.ts';
import type {
  EndpointStatusInput,
  EndpointsRequest,
  EventInput,
  ExplainRequest,
  ExplanationInput,
  LearnedNameInput,
  NamesRequest,
  ObserveRequest,
  StatusResponseInput,
} from '../messages.ts';

/** What the agent answers. What a handler throws reaches the caller as INTERNAL with its message. */
export interface ObserverHandlers {
  status(): StatusResponseInput | Promise<StatusResponseInput>;
  endpoints(request: EndpointsRequest): Iterable<EndpointStatusInput> | AsyncIterable<EndpointStatusInput>;
  names(request: NamesRequest): Iterable<LearnedNameInput> | AsyncIterable<LearnedNameInput>;
  explain(request: ExplainRequest): ExplanationInput | Promise<ExplanationInput>;
  /** Pulled only as fast as the caller reads: bound what waits, and count the rest in Event.lost. */
  observe(request: ObserveRequest, signal: AbortSignal): AsyncIterable<EventInput>;
}

/** Serves on a Unix socket of mode 0600. @returns what ends it: open calls are cut. */
export async function serveObserver(address: string, handlers: ObserverHandlers): Promise<() => Promise<void>> {
  const server = new Server(SERVER_OPTIONS);
  const stopped = new AbortController();
  server.addService(observer, {
    Status: (_call: ServerUnaryCall<unknown, StatusResponseInput>, reply: sendUnaryData<StatusResponseInput>) =>
      answer(() => handlers.status(), reply),
    Explain: (call: ServerUnaryCall<ExplainRequest, ExplanationInput>, reply: sendUnaryData<ExplanationInput>) =>
      answer(() => handlers.explain(call.request), reply),
    Endpoints: (call: ServerWritableStream<EndpointsRequest, EndpointStatusInput>) =>
      void stream(call, () => handlers.endpoints(call.request), stopped.signal),
    Names: (call: ServerWritableStream<NamesRequest, LearnedNameInput>) =>
      void stream(call, () => handlers.names(call.request), stopped.signal),
    Observe: (call: ServerWritableStream<ObserveRequest, EventInput>) =>
      void stream(call, (signal) => handlers.observe(call.request, signal), stopped.signal),
  });
  await listenUnix(server, address);
  return async () => {
    stopped.abort();
    await shutdown(server);
  };
}

function answer<Response>(ask: () => Response | Promise<Response>, reply: sendUnaryData<Response>): void {
  Promise.try(ask).then(
    (response) => reply(null, response),
    (error: unknown) => reply(internal(error)),
  );
}

/** Writes what the source yields as fast as the caller reads it, until either ends or we stop. */
async function stream<Request, Item>(
  call: ServerWritableStream<Request, Item>,
  source: (signal: AbortSignal) => Iterable<Item> | AsyncIterable<Item>,
  stopped: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  call.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stopped]);
  try {
    for await (const item of source(signal)) {
      if (signal.aborted) break;
      if (!call.write(item)) await drained(call, signal);
    }
    call.end();
  } catch (error) {
    call.emit('error', internal(error));
  }
}

function internal(error: unknown): { code: status; details: string } {
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
