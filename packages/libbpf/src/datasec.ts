import { errnoNumber } from './errno.ts';
import { invalid, LibbpfError } from './error.ts';
import { libbpf, viewOf } from './native.ts';
import type { Pointer } from './native.ts';
import { Struct } from './struct.ts';

const BTF_KIND_DATASEC = 15;
const SECTIONS = ['.rodata', '.data', '.bss'];
/** Bytes of struct btf_type, then of each struct btf_var_secinfo {type, offset, size}. */
const BTF_TYPE = 12;
const BTF_SECINFO = 12;

/**
 * The initial bytes of a global variable of an object that is not loaded yet, found by its BTF. Throws ENOENT when
 * there is no such variable, EINVAL when it is not `size` bytes long or the object is loaded.
 */
export function findVariable(object: Pointer, path: string, name: string, size: number): Uint8Array {
  const call = `BpfObject.setRodata(${name})`;
  const btf = libbpf().bpf_object__btf(object);
  for (const section of btf === null ? [] : SECTIONS) {
    const found = btf === null ? undefined : variableIn(btf, section, name);
    if (found === undefined) continue;
    if (found.size !== size) throw invalid(call, `the variable is ${found.size} bytes long, the value ${size}`);
    return initialValue(object, section, call).subarray(found.offset, found.offset + size);
  }
  const detail = `${path} has no global variable of this name (a static one is optimised away when it is not used)`;
  throw new LibbpfError({ call, errno: errnoNumber('ENOENT') ?? 2, detail });
}

function variableIn(btf: Pointer, section: string, name: string): { offset: number; size: number } | undefined {
  const id = libbpf().btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
  if (id < 0) return undefined;
  const { pointer, info } = typeById(btf, id);
  const count = info & 0xffff;
  const table = copy((pointer + BigInt(BTF_TYPE)) as Pointer, count * BTF_SECINFO);
  for (let i = 0; i < count; i++) {
    const entry = i * BTF_SECINFO;
    const { nameOffset } = typeById(btf, table.u32(entry));
    if (libbpf().btf__name_by_offset(btf, nameOffset) !== name) continue;
    return { offset: table.u32(entry + 4), size: table.u32(entry + 8) };
  }
  return undefined;
}

function typeById(btf: Pointer, id: number): { pointer: Pointer; nameOffset: number; info: number } {
  const pointer = libbpf().btf__type_by_id(btf, id);
  if (pointer === null) throw invalid(`btf__type_by_id(${id})`, 'the object has broken BTF');
  const type = copy(pointer, BTF_TYPE);
  return { pointer, nameOffset: type.u32(0), info: type.u32(4) };
}

function initialValue(object: Pointer, section: string, call: string): Uint8Array {
  const map = libbpf().bpf_object__find_map_by_name(object, section);
  const size = new Struct(8);
  const pointer = map === null ? null : libbpf().bpf_map__initial_value(map, size.bytes);
  if (pointer === null || map === null || libbpf().bpf_map__fd(map) >= 0) {
    throw invalid(call, `${section} can only be set before the object is loaded`);
  }
  return viewOf(pointer, Number(size.u64(0)));
}

function copy(pointer: Pointer, length: number): Struct {
  const struct = new Struct(length);
  if (length > 0) struct.bytes.set(viewOf(pointer, length));
  return struct;
}
