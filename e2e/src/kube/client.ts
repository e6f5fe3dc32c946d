import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { Identity } from './certificates.ts';

export interface Answer {
  readonly status: number;
  readonly body: KubeObject;
}

/** Of any object that the API server answers, Status among them, what tests look at. */
export interface KubeObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly generation?: number; readonly resourceVersion?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly Cause[] };
  readonly items?: readonly KubeObject[];
  readonly [key: string]: unknown;
}

/** One thing that is wrong with what was sent. */
export interface Cause {
  readonly field?: string;
  readonly message?: string;
}

export type Patch = 'apply' | 'merge';

const PATCH_TYPES: Readonly<Record<Patch, string>> = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
};

/** A client of the API server that speaks plain REST: what is sent and what comes back is all there is. */
export class KubeClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #socketPath: string;
  readonly #tls: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  readonly #own: Readonly<Record<string, string>>;

  constructor(socketPath: string, ca: string, who: Identity | { readonly token: string }) {
    this.#socketPath = socketPath;
    const pair = 'token' in who ? {} : { cert: readFileSync(who.cert), key: readFileSync(who.key) };
    this.#tls = { ca: readFileSync(ca), ...pair };
    this.#own = 'token' in who ? { authorization: `Bearer ${who.token}` } : {};
  }

  /** Any call. A watch ends when the server ends it. */
  call(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return this.#send(method, path, body === undefined ? {} : { 'content-type': contentType }, body);
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  /** What kubectl get shows. */
  table(path: string): Promise<Answer> {
    return this.#send('GET', path, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  }

  /** Unknown fields are an error, as for kubectl. `dry`: judged, not stored. */
  create(path: string, body: unknown, { dry = false } = {}): Promise<Answer> {
    const query = `fieldValidation=Strict${dry ? '&dryRun=All' : ''}`;
    return this.#send('POST', `${path}?${query}`, { 'content-type': 'application/json' }, body);
  }

  patch(type: Patch, path: string, body: unknown, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const text = new URLSearchParams({ fieldValidation: 'Strict', ...query }).toString();
    return this.#send('PATCH', `${path}?${text}`, { 'content-type': PATCH_TYPES[type] }, body);
  }

  /** Server-side apply by one manager. */
  apply(path: string, manager: string, body: unknown, { force = false } = {}): Promise<Answer> {
    return this.patch('apply', path, body, { fieldManager: manager, force: String(force) });
  }

  delete(path: string): Promise<Answer> {
    return this.#send('DELETE', path);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: unknown): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const call = request(
      {
        ...this.#tls,
        agent: this.#agent,
        socketPath: this.#socketPath,
        servername: 'kubernetes',
        method,
        path,
        headers: { ...this.#own, ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) });
        });
      },
    );
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }
}

/** /readyz and its like answer text. */
function parse(text: string): KubeObject {
  if (!text.startsWith('{')) return { message: text };
  try {
    return JSON.parse(text) as KubeObject;
  } catch {
    // Lines of a watch.
    return { message: text };
  }
}

/** One POST over a Unix socket, without TLS. */
export function postJson(socketPath: string, path: string, body: object): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const call = plainRequest({ socketPath, path, method: 'POST' }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (response.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
    });
  });
  call.once('error', reject);
  call.end(JSON.stringify(body));
  return promise;
}
