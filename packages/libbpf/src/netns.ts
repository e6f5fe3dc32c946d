import { closeSync, openSync } from 'node:fs';
import { invalid, system } from './error.ts';
import { checkErrno, libc } from './libc.ts';

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

function openFile(path: string): { fd: number } & Disposable {
  const fd = system(`open(${path})`, () => openSync(path, 'r'));
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
