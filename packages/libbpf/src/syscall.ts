import { errnoNumber } from './errno.ts';
import { LibbpfError } from './error.ts';
import { checkErrno, libc } from './libc.ts';
import type { Struct } from './struct.ts';

/** Commands of bpf(2) that libbpf 1.1 does not wrap as we need them (include/uapi/linux/bpf.h). */
export const BpfCommand = { PROG_QUERY: 16, LINK_CREATE: 28 } as const;

const SYSCALL_BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };

/** bpf(2) itself; `call` names it in errors. */
export function bpf(call: string, command: number, attributes: Struct): number {
  const number = SYSCALL_BPF[process.arch];
  if (number === undefined) {
    throw new LibbpfError({ call, errno: errnoNumber('ENOSYS') ?? 38, detail: `no support for ${process.arch}` });
  }
  return attributes.passTo((bytes) => checkErrno(call, Number(libc().syscall(number, command, bytes, bytes.length))));
}
