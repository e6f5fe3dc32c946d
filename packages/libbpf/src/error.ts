import { errnoName, errnoNumber } from './errno.ts';

/** What a {@link LibbpfError} is made from. */
export interface LibbpfFailure {
  /** The function that failed with its main argument, `bpf_obj_get(/sys/fs/bpf/x)`. */
  readonly call: string;
  /** The error number, positive. */
  readonly errno: number;
  /** What was wrong and what to do about it. */
  readonly detail?: string;
  /** The verifier's log, where a program was refused. */
  readonly verifierLog?: string;
  readonly cause?: unknown;
}

/**
 * The one error of this package. `code` is the error number's name (`EPERM`); EBADF also stands for the use of a
 * disposed handle, EINVAL also for an argument refused before the kernel saw it, ELIBACC for a missing libbpf.
 */
export class LibbpfError extends Error {
  override readonly name = 'LibbpfError';
  readonly call: string;
  readonly errno: number;
  readonly code: string;
  readonly verifierLog: string | undefined;

  constructor(failure: LibbpfFailure) {
    const errno = Math.abs(failure.errno);
    const code = errnoName(errno);
    const detail = failure.detail === undefined ? '' : `: ${failure.detail}`;
    super(`${failure.call}: ${code}${detail}`, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.call = failure.call;
    this.errno = errno;
    this.code = code;
    this.verifierLog = failure.verifierLog;
  }
}

/** Returns a libbpf result, or throws when it is a negative error number. */
export function check(call: string, result: number, detail?: string): number {
  if (result < 0) throw new LibbpfError({ call, errno: result, ...(detail === undefined ? {} : { detail }) });
  return result;
}

/** An argument that is refused before the kernel sees it. */
export function invalid(call: string, detail: string): LibbpfError {
  return new LibbpfError({ call, errno: errnoNumber('EINVAL') ?? 22, detail });
}

/** Runs one of Node's own file-system calls and turns its error into a {@link LibbpfError}. */
export function system<T>(call: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const errno = errnoNumber(code);
    if (errno === undefined) throw cause;
    throw new LibbpfError({ call, errno, cause });
  }
}
