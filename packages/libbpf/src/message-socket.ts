import { closeSync } from 'node:fs';
import { errnoNumber } from './errno.ts';
import { LibbpfError } from './error.ts';
import { OwnedFd } from './fd.ts';
import { checkErrno, libc } from './libc.ts';
import { Struct } from './struct.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** CMSG_LEN and CMSG_SPACE of one descriptor. */
const CONTROL_LENGTH = 20;
const CONTROL_SPACE = 24;

export interface Message {
  readonly bytes: Buffer;
  /** A descriptor that came with it: the caller's to close. */
  readonly fd: number | undefined;
}

/** A Unix socket of whole messages (SOCK_SEQPACKET), each with at most one descriptor. It blocks. */
export class MessageSocket {
  readonly #fd: OwnedFd;

  /** Takes over a connected descriptor, which children no longer inherit. @param timeout milliseconds of a wait */
  constructor(fd: number, timeout: number) {
    this.#fd = new OwnedFd(fd, 'MessageSocket');
    checkErrno('fcntl(F_SETFD)', libc().fcntl(fd, F_SETFD, FD_CLOEXEC));
    // struct timeval
    const time = new Struct(16)
      .setU64(0, BigInt(Math.floor(timeout / 1000)))
      .setU64(8, BigInt((timeout % 1000) * 1000));
    checkErrno('setsockopt(SO_RCVTIMEO)', libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, time.bytes, 16));
  }

  /** Two connected ones: the first as a socket, the second as a descriptor that children inherit. */
  static pair(timeout: number): { socket: MessageSocket; other: number } {
    const pair = new Struct(8);
    checkErrno('socketpair', libc().socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair.bytes));
    return { socket: new MessageSocket(pair.u32(0), timeout), other: pair.u32(4) };
  }

  /** EPIPE once the other end is closed. */
  send(bytes: Uint8Array, fd?: number): void {
    const { message, control } = header(bytes);
    if (fd === undefined) message.setU64(32, 0n).setU64(40, 0n);
    else control.setU64(0, BigInt(CONTROL_LENGTH)).setU32(8, SOL_SOCKET).setU32(12, SCM_RIGHTS).setU32(16, fd);
    uninterrupted('sendmsg', () => message.passTo((at) => libc().sendmsg(this.#fd.value, at, MSG_NOSIGNAL)));
  }

  /** Waits for a message of at most so many octets. EPIPE once the other end is closed, EAGAIN after the time. */
  receive(most: number): Message {
    const bytes = Buffer.alloc(most);
    const { message, control } = header(bytes);
    const length = uninterrupted('recvmsg', () =>
      message.passTo((at) => libc().recvmsg(this.#fd.value, at, MSG_CMSG_CLOEXEC)),
    );
    const held = message.u64(40) >= BigInt(CONTROL_LENGTH) && control.u32(12) === SCM_RIGHTS;
    const fd = held ? control.u32(16) : undefined;
    if (length > 0) return { bytes: bytes.subarray(0, length), fd };
    if (fd !== undefined) closeSync(fd);
    throw new LibbpfError({ call: 'recvmsg', errno: errnoNumber('EPIPE') ?? 32, detail: 'the other end is closed' });
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

/** With a time limit set, the kernel does not begin a call again that a signal has ended (signal(7)). */
function uninterrupted(call: string, run: () => number | bigint): number {
  for (;;) {
    try {
      return checkErrno(call, Number(run()));
    } catch (error) {
      if (!(error instanceof LibbpfError && error.code === 'EINTR')) throw error;
    }
  }
}

/** struct msghdr of one buffer, with room for one descriptor. */
function header(bytes: Uint8Array): { message: Struct; control: Struct } {
  const control = new Struct(CONTROL_SPACE);
  const vector = new Struct(16).point(0, bytes).setU64(8, BigInt(bytes.length));
  const message = new Struct(56).point(16, vector.bytes).setU64(24, 1n);
  message.point(32, control.bytes).setU64(40, BigInt(CONTROL_SPACE));
  return { message, control };
}
