/** Why a name is not one. */
export type NameErrorCode =
  'EMPTY' | 'EMPTY_LABEL' | 'LABEL_TOO_LONG' | 'NAME_TOO_LONG' | 'NOT_ASCII' | 'BAD_ESCAPE' | 'BAD_WIRE';

/** A name that cannot be read or written. */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly code: NameErrorCode;

  constructor(code: NameErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why a selector is not one. */
export type SelectorErrorCode =
  | 'NEITHER'
  | 'BOTH'
  | 'EMPTY'
  | 'TOO_LONG'
  | 'NOT_ASCII'
  | 'WILDCARD_IN_NAME'
  | 'ILLEGAL_CHARACTER'
  | 'EMPTY_LABEL'
  | 'LABEL_TOO_LONG'
  | 'NAME_TOO_LONG'
  | 'BAD_CANONICAL';

/** A selector that is not valid; `reason` says what is wrong, `fix` what to write instead. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  readonly code: SelectorErrorCode;
  readonly field: 'matchName' | 'matchPattern' | undefined;
  readonly reason: string;
  readonly fix: string;

  constructor(code: SelectorErrorCode, field: 'matchName' | 'matchPattern' | undefined, reason: string, fix: string) {
    super(`${field ?? 'selector'}: ${reason}; ${fix}`);
    this.code = code;
    this.field = field;
    this.reason = reason;
    this.fix = fix;
  }
}

/** A duration, address or prefix that cannot be read; `reason` and `fix` as in {@link SelectorError}. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  readonly code: 'DURATION' | 'ADDRESS' | 'CIDR';
  readonly reason: string;
  readonly fix: string;

  constructor(code: 'DURATION' | 'ADDRESS' | 'CIDR', reason: string, fix: string) {
    super(`${reason}; ${fix}`);
    this.code = code;
    this.reason = reason;
    this.fix = fix;
  }
}
