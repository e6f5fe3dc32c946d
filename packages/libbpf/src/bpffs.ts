import { mkdirSync, statfsSync } from 'node:fs';
import { errnoNumber } from './errno.ts';
import { LibbpfError, system } from './error.ts';
import { checkErrno, libc } from './libc.ts';

const BPF_FS_MAGIC = 0xcafe_4a11;

/** Whether a path is on a bpf file system; false when it does not exist. */
export function isBpffs(path: string): boolean {
  try {
    return system(`statfs(${path})`, () => statfsSync(path).type) === BPF_FS_MAGIC;
  } catch (error) {
    if (error instanceof LibbpfError && error.errno === errnoNumber('ENOENT')) return false;
    throw error;
  }
}

/** Mounts a bpf file system (mode 0700) at `path`, made when it is missing. False when there is one already. */
export function mountBpffs(path: string): boolean {
  if (isBpffs(path)) return false;
  system(`mkdir(${path})`, () => mkdirSync(path, { recursive: true }));
  checkErrno(`mount(bpf, ${path})`, libc().mount('bpf', path, 'bpf', 0, 'mode=0700'), 'mounting needs CAP_SYS_ADMIN');
  return true;
}
