import { Client, type ClientReadableStream, type ServiceError, credentials, status } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';
import { CLIENT_OPTIONS } from '../grpc/options.ts';
import { observer } from '../grpc/services.ts';
import { socketPath } from '../grpc/unix-socket.ts';
import type {
  EndpointStatus,
  EndpointsRequestInput,
  Event,
  ExplainRequestInput,
  Explanation,
  LearnedName,
  NamesRequestInput,
  ObserveRequestInput,
  StatusResponse,
} from '../messages.ts';

interface Unary<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** The CLI's end of the agent's socket. Errors are ProtocolError: UNAVAILABLE when nobody answers. */
export class ObserverClient {
  readonly #address: string;
  readonly #client: Client;

  /** @param address `unix:/run/namewall/agent.sock` */
  constructor(address: string) {
    socketPath(address);
    this.#address = address;
    this.#client = new Client(address, credentials.createInsecure(), CLIENT_OPTIONS);
  }

  status(signal?: AbortSignal): Promise<StatusResponse> {
    return this.#ask(observer.Status, {}, signal);
  }

  /** OLD_AGENT when the agent does not know the call. */
  explain(request: ExplainRequestInput, signal?: AbortSignal): Promise<Explanation> {
    return this.#ask(observer.Explain, request, signal);
  }

  async #ask<Request, Response>(
    { path, requestSerialize, responseDeserialize }: Unary<Request, Response>,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const done = (error: ServiceError | null, response?: Response): void => {
      if (response === undefined) reject(this.#explain(error));
      else resolve(response);
    };
    const call = this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, done);
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  endpoints(request: EndpointsRequestInput = {}, signal?: AbortSignal): AsyncIterable<EndpointStatus> {
    const { path, requestSerialize, responseDeserialize } = observer.Endpoints;
    return this.#read(
      () => this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request),
      signal,
    );
  }

  names(request: NamesRequestInput = {}, signal?: AbortSignal): AsyncIterable<LearnedName> {
    const { path, requestSerialize, responseDeserialize } = observer.Names;
    return this.#read(
      () => this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request),
      signal,
    );
  }

  /** Until the signal aborts or the agent stops. */
  observe(request: ObserveRequestInput = {}, signal?: AbortSignal): AsyncIterable<Event> {
    const { path, requestSerialize, responseDeserialize } = observer.Observe;
    return this.#read(
      () => this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request),
      signal,
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  /** The call begins with the first read; leaving the loop or the signal ends it without an error. */
  async *#read<Item>(start: () => ClientReadableStream<Item>, signal?: AbortSignal): AsyncGenerator<Item> {
    if (signal?.aborted === true) return;
    const call = start();
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      yield* call as AsyncIterable<Item>;
    } catch (error) {
      if ((error as Partial<ServiceError>).code !== status.CANCELLED) throw this.#explain(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancel();
    }
  }

  #explain(error: unknown): ProtocolError {
    const { code, details } = error as Partial<ServiceError>;
    if (code === status.UNIMPLEMENTED) {
      return new ProtocolError('OLD_AGENT', 'the agent does not know this question; upgrade it', { cause: error });
    }
    if (code === status.UNAVAILABLE) {
      const message = `no agent answers on ${this.#address}; is namewall-agent running?`;
      return new ProtocolError('UNAVAILABLE', message, { cause: error });
    }
    const message = `the agent answered ${status[code ?? status.UNKNOWN]}: ${details ?? ''}`;
    return new ProtocolError('AGENT_FAILED', message, { cause: error });
  }
}
