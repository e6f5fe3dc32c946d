import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { messageOf } from '../errors.ts';
import { type CallOptions, type KubeApi, KubeError, type Method } from './api.ts';

/** Milliseconds that a call may take. */
const DEADLINE = 10_000;
/** Milliseconds after which the token is asked for again; the client reads it anew every minute. */
const HEADERS_AGE = 30_000;
/** Milliseconds after which connections are made anew: they keep the CA and the certificate that they began with. */
const CONNECTIONS_AGE = 600_000;

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;
type ResponseData = Awaited<ReturnType<Dispatcher['request']>>;

interface Session {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  readonly headersSince: number;
  readonly connectedSince: number;
}

export interface StreamOptions {
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds without an octet after which it is given up. */
  readonly idle: number;
}

/**
 * The API server over pooled connections with what a kubeconfig or the pod's service account says. The client library
 * alone makes a connection for every request.
 */
export class KubeHttp implements KubeApi {
  readonly #config: KubeConfig;
  readonly #origin: string;
  /** Before every path, where the API server is behind one. */
  readonly #prefix: string;
  readonly #onCall: (status: number) => void;
  #session: Session | undefined;
  /** A session that is being made: calls that begin together share it. */
  #making: Promise<Session> | undefined;

  /** @param onCall told how each call ended: its HTTP status, 0 without an answer */
  constructor(config: KubeConfig, onCall: (status: number) => void = () => undefined) {
    const { server = '' } = config.getCurrentCluster() ?? {};
    const url = URL.parse(server);
    if (url === null) throw new KubeError(0, 'NoCluster', 'the kubeconfig names no cluster; set its current-context');
    overHttp1(config);
    this.#config = config;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/u, '');
    this.#onCall = onCall;
  }

  async request<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const { body, query = {}, contentType = 'application/json', signal } = options;
    const within = AbortSignal.any([AbortSignal.timeout(DEADLINE), ...(signal ? [signal] : [])]);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers = sent === undefined ? {} : { 'content-type': contentType };
    const response = await this.#send(method, this.#path(path, query), within, headers, sent);
    return parsed(await this.#text(response)) as T;
  }

  /** A watch's lines, one JSON document each. Ends when the server ends it. @throws KubeError */
  async *lines(path: string, { query, signal, idle }: StreamOptions): AsyncGenerator<string> {
    const response = await this.#send('GET', this.#path(path, query), signal, {}, undefined, idle);
    let rest = '';
    try {
      response.body.setEncoding('utf8');
      for await (const chunk of response.body as AsyncIterable<string>) {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        yield* parts.filter((line) => line !== '');
      }
    } catch (error) {
      throw broken(error);
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.dispatcher.destroy();
  }

  #path(path: string, query: Readonly<Record<string, string>>): string {
    const text = new URLSearchParams(query).toString();
    return `${this.#prefix}${path}${text === '' ? '' : `?${text}`}`;
  }

  async #send(
    method: Method,
    path: string,
    signal: AbortSignal,
    more: Readonly<Record<string, string>>,
    body: string | undefined,
    idle = DEADLINE,
  ): Promise<ResponseData> {
    for (let attempt = 0; ; attempt++) {
      const { dispatcher, headers } = await this.#connect();
      const request = { origin: this.#origin, path, method, signal, headers: { ...headers, ...more } };
      let response: ResponseData;
      try {
        response = await dispatcher.request({
          ...request,
          body: body ?? null,
          bodyTimeout: idle,
          headersTimeout: DEADLINE,
        });
      } catch (error) {
        this.#onCall(0);
        const failure = broken(error);
        // Nobody may be at the other end any more: what comes next gets a connection of its own.
        if (TIMEOUTS.has(failure.reason) && this.#session?.dispatcher === dispatcher) this.#retire();
        throw failure;
      }
      this.#onCall(response.statusCode);
      if (response.statusCode < 300) return response;
      const refusal = refused(response, await this.#text(response));
      // The token or the certificate may have been replaced since it was read.
      if (response.statusCode !== 401 || attempt > 0) throw refusal;
      this.#retire();
    }
  }

  /** Ends its connections once what is under way on them has ended. */
  #retire(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.dispatcher.close().catch(() => undefined);
  }

  async #text(response: ResponseData): Promise<string> {
    try {
      return await response.body.text();
    } catch (error) {
      throw broken(error);
    }
  }

  async #connect(): Promise<Session> {
    const held = this.#session;
    if (held !== undefined && performance.now() - held.headersSince < HEADERS_AGE) return held;
    this.#making ??= this.#make(held).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(held: Session | undefined): Promise<Session> {
    const now = performance.now();
    const context = new RequestContext(`${this.#origin}/`, HttpMethod.GET);
    try {
      await this.#config.applySecurityAuthentication(context);
    } catch (error) {
      throw new KubeError(0, 'Credentials', `credentials cannot be read: ${messageOf(error)}`, { cause: error });
    }
    const made = context.getDispatcher() ?? systemTrust(this.#config);
    // Not one that was retired meanwhile.
    const keep = held !== undefined && held === this.#session && now - held.connectedSince < CONNECTIONS_AGE;
    if (!keep) this.#retire();
    this.#session = {
      headers: context.getHeaders(),
      dispatcher: keep ? held.dispatcher : made,
      headersSince: now,
      connectedSince: keep ? held.connectedSince : now,
    };
    return this.#session;
  }
}

/** How the client would connect: it has no setting for the protocol. */
interface Connecting {
  createDispatcherOptions: (
    cluster: unknown,
    tls: object,
  ) => { readonly connect?: object; readonly requestTls?: object };
}

/**
 * HTTP/1.1 alone. Node's HTTP/2 (26.10) never ends sending a request with a body that was given up before its head was sent:
 * a native loop that takes the event loop, then all memory.
 */
function overHttp1(config: KubeConfig): void {
  const client = config as unknown as Connecting;
  const options = client.createDispatcherOptions;
  client.createDispatcherOptions = (cluster, tls) => {
    const made = options.call(config, cluster, tls);
    const allowH2 = false;
    return { ...made, connect: { ...made.connect, allowH2 }, requestTls: { ...made.requestTls, allowH2 } };
  };
}

/** The client makes none where a kubeconfig names neither an authority nor a certificate: the system's authorities. */
function systemTrust(config: KubeConfig): Dispatcher {
  const make = config['createDispatcher'] as (cluster: unknown, tls: object) => Dispatcher;
  return make.call(config, config.getCurrentCluster(), { rejectUnauthorized: true });
}

/** Of those that mean: no answer in time. */
const TIMEOUTS: ReadonlySet<string> = new Set([
  'TimeoutError',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = `the answer is no JSON: ${text.slice(0, 80)}`;
    throw new KubeError(0, 'Malformed', `${what}; is this the address of an API server?`, { cause: error });
  }
}

function broken(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const { code, name, message } = error as NodeJS.ErrnoException;
  const reason = name === 'AbortError' || name === 'TimeoutError' ? name : (code ?? 'Broken');
  return new KubeError(0, reason, `no answer from the API server: ${message}`, { cause: error });
}

interface Status {
  readonly reason?: string;
  readonly message?: string;
}

/** Longest message that is kept of what an API server or a proxy says. */
const MESSAGE_MAX = 512;

function refused({ statusCode, headers }: ResponseData, text: string): KubeError {
  const { reason = `HTTP ${statusCode}`, message = text } = parse(text);
  const asked = Number(headers['retry-after']);
  const wait = Number.isFinite(asked) ? { retryAfter: asked * 1000 } : {};
  return new KubeError(statusCode, reason, `the API server says ${statusCode}: ${message.slice(0, MESSAGE_MAX)}`, wait);
}

function parse(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return {};
  }
}
