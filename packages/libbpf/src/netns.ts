import { closeSync, openSync } from 'node:fs';
import { invalid, system } from './error.ts';
import { checkErrno, libc } from './libc.ts';
import { Struct } from './struct.ts';

const CLONE_NEWNET = 0x4000_0000;
const OWN = '/proc/thread-self/ns/net';

/**
 * Runs `fn` in another network namespace (a path such as /run/netns/x or /proc/123/ns/net) and returns to our own
 * whatever happens. Only this thread moves, and only synchronous work happens there: a promise is refused.
 */
export function inNetns<T>(path: string, fn: () => T): T {
  using own = openFile(OWN);
  using other = openFile(path);
  checkErrno(
    `setns(${path})`,
    libc().setns(other.fd, CLONE_NEWNET),
    'not a network namespace, or CAP_SYS_ADMIN is missing',
  );
  let result: T;
  try {
    result = fn();
  } finally {
    checkErrno('setns(own)', libc().setns(own.fd, CLONE_NEWNET), 'this thread is left in the other network namespace');
  }
  if (result instanceof Promise) throw invalid(`inNetns(${path})`, 'the function must be synchronous');
  return result;
}

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/** The number by which programs know a network namespace (bpf_get_netns_cookie); never given twice until a reboot. */
export function netnsCookie(path: string): bigint {
  return inNetns(path, () => {
    const fd = checkErrno('socket', libc().socket(AF_INET, SOCK_DGRAM, 0));
    try {
      const cookie = new Struct(8);
      const length = new Struct(4).setU32(0, 8);
      const result = libc().getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie.bytes, length.bytes);
      checkErrno(`getsockopt(SO_NETNS_COOKIE, ${path})`, result);
      return cookie.u64(0);
    } finally {
      closeSync(fd);
    }
  });
}

function openFile(path: string): { fd: number } & Disposable {
  const fd = system(`open(${path})`, () => openSync(path, 'r'));
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
