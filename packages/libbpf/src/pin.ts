import { unlinkSync } from 'node:fs';
import { check, LibbpfError, system } from './error.ts';
import { libbpf } from './native.ts';

const HINTS: Readonly<Record<string, string>> = {
  EEXIST: 'something is pinned there already; remove it or open it',
  ENOENT: 'no such pin, or its directory is missing',
  EPERM: 'not a bpf file system, or CAP_BPF is missing; mount one with mountBpffs()',
};

/** Pins what `fd` stands for at a path of a bpf file system; EEXIST when something is there. */
export function pin(fd: number, path: string): void {
  withHint(() => check(`bpf_obj_pin(${path})`, libbpf().bpf_obj_pin(fd, path)));
}

/** Opens a pin; ENOENT when there is none. Returns a descriptor that the caller owns. */
export function openPin(path: string): number {
  return withHint(() => check(`bpf_obj_get(${path})`, libbpf().bpf_obj_get(path)));
}

/** Removes a pin; the object lives on while something else holds it. ENOENT when there is none. */
export function unpin(path: string): void {
  system(`unlink(${path})`, () => unlinkSync(path));
}

function withHint<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error;
    const detail = HINTS[error.code];
    if (detail === undefined) throw error;
    throw new LibbpfError({ call: error.call, errno: error.errno, detail });
  }
}
