export type OperatorErrorCode =
  /** A flag is missing, unknown, or has a value that it cannot have. */
  | 'USAGE'
  /** The source cannot be read at all. */
  | 'SOURCE'
  /** The state folder cannot be used. */
  | 'STATE';

/** Why the operator does not start. The message says what is wrong and what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: OperatorErrorCode;

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error's message, for a log line or a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
