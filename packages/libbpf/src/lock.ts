import { closeSync, openSync, statSync } from 'node:fs';
import { system } from './error.ts';
import { checkErrno, libc } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** A held lock: `release()` or dispose gives it back, as does the end of the process. */
export interface FileLock extends Disposable {
  release(): void;
}

/**
 * Takes the exclusive flock(2) of a directory, or of a file, which is made (mode 0600) when it is missing and never removed. Throws
 * EAGAIN at once when somebody holds it; does not wait.
 */
export function lockFile(path: string): FileLock {
  const fd = system(`open(${path})`, () => openSync(path, isDirectory(path) ? 'r' : 'a', 0o600));
  try {
    checkErrno(`flock(${path})`, libc().flock(fd, LOCK_EX | LOCK_NB), 'another process holds this lock');
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let held = true;
  const release = (): void => {
    if (held) closeSync(fd);
    held = false;
  };
  return { release, [Symbol.dispose]: release };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
