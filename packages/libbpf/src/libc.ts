import { LibbpfError } from './error.ts';
import { bind, lastErrno } from './native.ts';
import type { Pointer } from './native.ts';

/** The few C library functions that Node does not have; -1 and errno on failure. */
interface Libc {
  syscall(number: number, command: number, attributes: Uint8Array, size: number): number | bigint;
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): Pointer;
  munmap(address: Pointer, length: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  setns(fd: number, type: number): number;
  socket(family: number, type: number, protocol: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  socketpair(family: number, type: number, protocol: number, pair: Uint8Array): number;
  sendmsg(fd: number, message: Uint8Array, flags: number): number | bigint;
  recvmsg(fd: number, message: Uint8Array, flags: number): number | bigint;
  flock(fd: number, operation: number): number;
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  if_nametoindex(name: string): number;
  sysconf(name: number): number | bigint;
}

const LIBC: Record<keyof Libc, string> = {
  syscall: 'NNIPU',
  mmap: 'PPZIIIZ',
  munmap: 'IPZ',
  fcntl: 'IIII',
  setns: 'III',
  socket: 'IIII',
  getsockopt: 'IIIIPP',
  setsockopt: 'IIIIPU',
  socketpair: 'IIIIP',
  sendmsg: 'NIPI',
  recvmsg: 'NIPI',
  flock: 'III',
  mount: 'ISSSLS',
  if_nametoindex: 'US',
  sysconf: 'NI',
};

let shared: Libc | undefined;

/** The process's own C library, bound at its first use. */
export function libc(): Libc {
  return (shared ??= bind<Libc>(null, LIBC));
}

/** Returns a C library result, or throws errno when it is -1. */
export function checkErrno(call: string, result: number, detail?: string): number {
  if (result !== -1) return result;
  throw new LibbpfError({ call, errno: lastErrno(), ...(detail === undefined ? {} : { detail }) });
}
