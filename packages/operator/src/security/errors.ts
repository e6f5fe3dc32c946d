export type SecurityErrorCode =
  /** A certificate authority cannot be used. */
  | 'AUTHORITY'
  /** A certificate request is not one that is signed. */
  | 'REQUEST'
  /** There is no authority yet. */
  | 'NOT_READY';

/** Why nothing is signed. For the operator's log, never for peers. */
export class SecurityError extends Error {
  override readonly name = 'SecurityError';
  readonly code: SecurityErrorCode;

  constructor(code: SecurityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
