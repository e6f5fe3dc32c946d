import { closeSync } from 'node:fs';
import { errnoNumber } from './errno.ts';
import { LibbpfError } from './error.ts';
import { checkErrno, libc } from './libc.ts';

const F_DUPFD_CLOEXEC = 1030;

/** A file descriptor with one owner: closed once, and an error when it is used after that. */
export class OwnedFd {
  readonly #what: string;
  #fd: number;

  /** `what` names the handle in errors, `BpfMap flows`. */
  constructor(fd: number, what: string) {
    this.#fd = fd;
    this.#what = what;
  }

  /** A second descriptor of what `fd` stands for. */
  static duplicate(fd: number, what: string): OwnedFd {
    return new OwnedFd(checkErrno(`fcntl(${what}, F_DUPFD_CLOEXEC)`, libc().fcntl(fd, F_DUPFD_CLOEXEC, 0)), what);
  }

  get value(): number {
    if (this.#fd < 0) throw disposed(this.#what);
    return this.#fd;
  }

  isOpen(): boolean {
    return this.#fd >= 0;
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    closeSync(fd);
  }
}

/** The error for a handle that was used after it was disposed. */
export function disposed(what: string): LibbpfError {
  return new LibbpfError({
    call: what,
    errno: errnoNumber('EBADF') ?? 9,
    detail: 'used after it was disposed; open it again or dispose it later',
  });
}
