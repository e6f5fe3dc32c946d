/** Why an index cannot be built. */
export type IndexErrorCode = 'FULL' | 'TOO_MANY_PATTERNS' | 'UNKNOWN_HANDLE' | 'DUPLICATE' | 'BAD_SELECTOR' | 'BAD_KEY';

/** An index that cannot be built; nothing was written. */
export class IndexError extends Error {
  override readonly name = 'IndexError';
  readonly code: IndexErrorCode;

  constructor(code: IndexErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
