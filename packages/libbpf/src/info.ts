import { check } from './error.ts';
import { libbpf } from './native.ts';
import { Struct } from './struct.ts';

/** BPF_OBJ_GET_INFO_BY_FD into a struct of `size` bytes; a kernel that knows less leaves the rest zero. */
export function objectInfo(what: string, fd: number, size: number): Struct {
  const info = new Struct(size);
  const length = new Struct(4).setU32(0, size);
  check(`bpf_obj_get_info_by_fd(${what})`, libbpf().bpf_obj_get_info_by_fd(fd, info.bytes, length.bytes));
  return info;
}
