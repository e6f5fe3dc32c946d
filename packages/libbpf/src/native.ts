import koffi from 'koffi';
import { errnoNumber } from './errno.ts';
import { LibbpfError } from './error.ts';

/** A C pointer. koffi hands them out as bare BigInts; the brand keeps numbers and other BigInts out. */
export type Pointer = bigint & { readonly __pointer: unique symbol };

type Int = number;
type Size = number;
type Memory = Uint8Array | Pointer | null;

/** The functions of libbpf.so.1 that this package uses; ints are 0 or a negative error number unless said. */
export interface Libbpf {
  libbpf_set_print(callback: null): Pointer | null;
  libbpf_num_possible_cpus(): Int;
  bpf_object__open_file(path: string, options: Memory): Pointer | null;
  bpf_object__load(object: Pointer): Int;
  bpf_object__close(object: Pointer): void;
  bpf_object__btf(object: Pointer): Pointer | null;
  bpf_object__find_map_by_name(object: Pointer, name: string): Pointer | null;
  bpf_object__next_map(object: Pointer, previous: Pointer | null): Pointer | null;
  bpf_object__find_program_by_name(object: Pointer, name: string): Pointer | null;
  bpf_object__next_program(object: Pointer, previous: Pointer | null): Pointer | null;
  bpf_program__name(program: Pointer): string;
  bpf_program__fd(program: Pointer): Int;
  bpf_program__autoload(program: Pointer): boolean;
  bpf_program__set_autoload(program: Pointer, autoload: boolean): Int;
  bpf_program__set_log_buf(program: Pointer, buffer: Memory, size: Size): Int;
  bpf_map__name(map: Pointer): string;
  bpf_map__fd(map: Pointer): Int;
  bpf_map__type(map: Pointer): Int;
  bpf_map__key_size(map: Pointer): Int;
  bpf_map__value_size(map: Pointer): Int;
  bpf_map__max_entries(map: Pointer): Int;
  bpf_map__map_flags(map: Pointer): Int;
  bpf_map__set_max_entries(map: Pointer, entries: Int): Int;
  bpf_map__reuse_fd(map: Pointer, fd: Int): Int;
  bpf_map__inner_map(map: Pointer): Pointer | null;
  bpf_map__set_inner_map_fd(map: Pointer, fd: Int): Int;
  bpf_map__pin_path(map: Pointer): string | null;
  bpf_map__set_pin_path(map: Pointer, path: string | null): Int;
  bpf_map__initial_value(map: Pointer, size: Memory): Pointer | null;
  btf__find_by_name_kind(btf: Pointer, name: string, kind: Int): Int;
  btf__type_by_id(btf: Pointer, id: Int): Pointer | null;
  btf__name_by_offset(btf: Pointer, offset: Int): string | null;
  bpf_map_create(type: Int, name: string, keySize: Int, valueSize: Int, entries: Int, options: Memory): Int;
  bpf_map_lookup_elem(fd: Int, key: Memory, value: Memory): Int;
  bpf_map_lookup_and_delete_elem(fd: Int, key: Memory, value: Memory): Int;
  bpf_map_update_elem(fd: Int, key: Memory, value: Memory, flags: number): Int;
  bpf_map_delete_elem(fd: Int, key: Memory): Int;
  bpf_map_get_next_key(fd: Int, key: Memory, next: Memory): Int;
  bpf_map_lookup_batch(fd: Int, from: Memory, to: Memory, keys: Memory, values: Memory, n: Memory, o: Memory): Int;
  bpf_map_update_batch(fd: Int, keys: Memory, values: Memory, count: Memory, options: Memory): Int;
  bpf_map_delete_batch(fd: Int, keys: Memory, count: Memory, options: Memory): Int;
  bpf_prog_load(type: Int, name: string, license: string, insns: Memory, count: Size, options: Memory): Int;
  bpf_prog_test_run_opts(fd: Int, options: Memory): Int;
  bpf_prog_attach(program: Int, target: Int, type: Int, flags: Int): Int;
  bpf_prog_detach2(program: Int, target: Int, type: Int): Int;
  bpf_link_create(program: Int, target: Int, type: Int, options: Memory): Int;
  bpf_link_update(link: Int, program: Int, options: Memory): Int;
  bpf_link_detach(link: Int): Int;
  bpf_obj_pin(fd: Int, path: string): Int;
  bpf_obj_get(path: string): Int;
  bpf_obj_get_info_by_fd(fd: Int, info: Memory, length: Memory): Int;
  bpf_prog_get_next_id(start: Int, next: Memory): Int;
  bpf_map_get_next_id(start: Int, next: Memory): Int;
  bpf_link_get_next_id(start: Int, next: Memory): Int;
  bpf_prog_get_fd_by_id(id: Int): Int;
  bpf_map_get_fd_by_id(id: Int): Int;
  bpf_link_get_fd_by_id(id: Int): Int;
  bpf_enable_stats(type: Int): Int;
  bpf_tc_hook_create(hook: Memory): Int;
  bpf_tc_hook_destroy(hook: Memory): Int;
  bpf_tc_attach(hook: Memory, options: Memory): Int;
  bpf_tc_detach(hook: Memory, options: Memory): Int;
  bpf_tc_query(hook: Memory, options: Memory): Int;
}

/** C signatures of {@link Libbpf}: P pointer, S string, I int, U u32, Z size_t, N long, L u64, B bool, V void; result first. */
const LIBBPF: Record<keyof Libbpf, string> = {
  libbpf_set_print: 'PP',
  libbpf_num_possible_cpus: 'I',
  bpf_object__open_file: 'PSP',
  bpf_object__load: 'IP',
  bpf_object__close: 'VP',
  bpf_object__btf: 'PP',
  bpf_object__find_map_by_name: 'PPS',
  bpf_object__next_map: 'PPP',
  bpf_object__find_program_by_name: 'PPS',
  bpf_object__next_program: 'PPP',
  bpf_program__name: 'SP',
  bpf_program__fd: 'IP',
  bpf_program__autoload: 'BP',
  bpf_program__set_autoload: 'IPB',
  bpf_program__set_log_buf: 'IPPZ',
  bpf_map__name: 'SP',
  bpf_map__fd: 'IP',
  bpf_map__type: 'IP',
  bpf_map__key_size: 'UP',
  bpf_map__value_size: 'UP',
  bpf_map__max_entries: 'UP',
  bpf_map__map_flags: 'UP',
  bpf_map__set_max_entries: 'IPU',
  bpf_map__reuse_fd: 'IPI',
  bpf_map__inner_map: 'PP',
  bpf_map__set_inner_map_fd: 'IPI',
  bpf_map__pin_path: 'SP',
  bpf_map__set_pin_path: 'IPS',
  bpf_map__initial_value: 'PPP',
  btf__find_by_name_kind: 'IPSU',
  btf__type_by_id: 'PPU',
  btf__name_by_offset: 'SPU',
  bpf_map_create: 'IISUUUP',
  bpf_map_lookup_elem: 'IIPP',
  bpf_map_lookup_and_delete_elem: 'IIPP',
  bpf_map_update_elem: 'IIPPL',
  bpf_map_delete_elem: 'IIP',
  bpf_map_get_next_key: 'IIPP',
  bpf_map_lookup_batch: 'IIPPPPPP',
  bpf_map_update_batch: 'IIPPPP',
  bpf_map_delete_batch: 'IIPPP',
  bpf_prog_load: 'IISSPZP',
  bpf_prog_test_run_opts: 'IIP',
  bpf_prog_attach: 'IIIIU',
  bpf_prog_detach2: 'IIII',
  bpf_link_create: 'IIIIP',
  bpf_link_update: 'IIIP',
  bpf_link_detach: 'II',
  bpf_obj_pin: 'IIS',
  bpf_obj_get: 'IS',
  bpf_obj_get_info_by_fd: 'IIPP',
  bpf_prog_get_next_id: 'IUP',
  bpf_map_get_next_id: 'IUP',
  bpf_link_get_next_id: 'IUP',
  bpf_prog_get_fd_by_id: 'IU',
  bpf_map_get_fd_by_id: 'IU',
  bpf_link_get_fd_by_id: 'IU',
  bpf_enable_stats: 'II',
  bpf_tc_hook_create: 'IP',
  bpf_tc_hook_destroy: 'IP',
  bpf_tc_attach: 'IPP',
  bpf_tc_detach: 'IPP',
  bpf_tc_query: 'IPP',
};

const TYPES: Readonly<Record<string, string>> = {
  P: 'void *',
  S: 'str',
  I: 'int',
  U: 'uint32_t',
  Z: 'size_t',
  N: 'long',
  L: 'uint64_t',
  B: 'bool',
  V: 'void',
};

/** Binds functions by their signature letters, from a shared library or with null from what the process has. */
export function bind<T extends object>(path: string | null, signatures: Record<keyof T & string, string>): T {
  const library = koffi.load(path);
  const bound: Record<string, unknown> = {};
  for (const [name, letters] of Object.entries<string>(signatures)) {
    const [result = 'void', ...parameters] = Array.from(letters, (letter) => TYPES[letter] ?? 'void *');
    bound[name] = library.func(name, result, parameters);
  }
  return bound as T;
}

/** Opens libbpf and quiets it: it would print to stderr what a {@link LibbpfError} says. */
export function openLibbpf(path: string): Libbpf {
  let bound: Libbpf;
  try {
    bound = bind<Libbpf>(path, LIBBPF);
  } catch (cause) {
    throw new LibbpfError({
      call: `dlopen(${path})`,
      errno: errnoNumber('ELIBACC') ?? 79,
      detail:
        'libbpf 1.0 or newer is not installed or not complete; install it' +
        ' (Debian and Ubuntu: apt-get install libbpf1; Fedora: dnf install libbpf; Alpine: apk add libbpf)',
      cause,
    });
  }
  bound.libbpf_set_print(null);
  return bound;
}

let shared: Libbpf | undefined;

/** libbpf.so.1 of this process, opened at its first use. */
export function libbpf(): Libbpf {
  return (shared ??= openLibbpf('libbpf.so.1'));
}

/** The error number of the last C call, positive. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The bytes of foreign memory. They must not be touched once it is gone; see {@link detach}. */
export function viewOf(pointer: Pointer, length: number): Uint8Array {
  return new Uint8Array(koffi.view(pointer, length));
}

/** Takes foreign memory away from every view of it: they become empty instead of pointing at nothing. */
export function detach(bytes: Uint8Array): void {
  (bytes.buffer as ArrayBuffer).transfer();
}

/** The address of a buffer's bytes: good only while the buffer is kept alive. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}
