import { closeSync, readlinkSync, unlinkSync } from 'node:fs';
import { check, invalid, LibbpfError, system } from './error.ts';
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

/** What /proc/self/fd calls the descriptors; a link is bpf_link when it was just made, bpf-link when it was opened. */
const KINDS = { map: 'anon_inode:bpf-map', program: 'anon_inode:bpf-prog', link: 'anon_inode:bpf-link' } as const;

/** Opens a pin; ENOENT when there is none, EINVAL when it is of another kind. The caller owns the descriptor. */
export function openPin(path: string, kind: keyof typeof KINDS): number {
  const fd = withHint(() => check(`bpf_obj_get(${path})`, libbpf().bpf_obj_get(path)));
  const is = readlinkSync(`/proc/self/fd/${fd}`).replace('_link', '-link');
  if (is === KINDS[kind]) return fd;
  closeSync(fd);
  throw invalid(`bpf_obj_get(${path})`, `not a pinned ${kind} but ${is}`);
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
