/**
 * What goes wrong between this package and its caller:
 * - LAYOUT: pins of another layout or of other sizes are there; nothing was touched
 * - LOCKED: another process has this root
 * - NOT_PINNED: no datapath, or only a part of one, at this root
 * - SIZE: a size or an argument that the maps cannot take
 * - EXHAUSTED: no free number is left
 * - UNSUPPORTED_INTERFACE: a cable that cannot be policed
 * - ATTACH: a hook could not be set
 */
export type DatapathErrorCode =
  'LAYOUT' | 'LOCKED' | 'NOT_PINNED' | 'SIZE' | 'EXHAUSTED' | 'UNSUPPORTED_INTERFACE' | 'ATTACH';

/** The one error class of this package; libbpf's own stay as `cause` or pass through. */
export class DatapathError extends Error {
  override readonly name = 'DatapathError';
  readonly code: DatapathErrorCode;

  constructor(code: DatapathErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
