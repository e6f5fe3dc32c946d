/** Calls to the API server, as everything that needs it sees them. */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  /** Of the body; default application/json. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface KubeApi {
  /**
   * JSON in, JSON out, with a deadline on every call.
   * @param path from the root: `/api/v1/namespaces`
   * @throws KubeError
   */
  request<T>(method: Method, path: string, options?: CallOptions): Promise<T>;
}

/** Why a call came to nothing. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status; 0: no answer. */
  readonly status: number;
  /** metav1.Status.reason; without an answer what is wrong with the connection, such as ECONNREFUSED. */
  readonly reason: string;
  /** Milliseconds that the server asks to wait; undefined: it does not. */
  readonly retryAfter: number | undefined;

  constructor(status: number, reason: string, message: string, options: ErrorOptions & { retryAfter?: number } = {}) {
    super(message, options);
    this.status = status;
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof KubeError && error.status === status;
}
