import { errnoNumber } from './errno.ts';
import { check, invalid, LibbpfError } from './error.ts';
import { disposed, OwnedFd } from './fd.ts';
import { findVariable } from './datasec.ts';
import { growInnerMap } from './inner-map.ts';
import { BpfMap } from './map.ts';
import type { DeclaredMap } from './map.ts';
import { whyNotLoaded } from './why-not-loaded.ts';
import { lastErrno, libbpf } from './native.ts';
import type { Pointer } from './native.ts';
import { BpfProgram } from './program.ts';
import { Struct } from './struct.ts';
import { VerifierLogs } from './verifier-log.ts';

export interface OpenOptions {
  /** Directory of a bpf file system where maps that pin by name are found or put; must exist when loading. */
  readonly pinRoot?: string;
  /** BTF of the running kernel, where /sys/kernel/btf/vmlinux is missing. */
  readonly btfCustomPath?: string;
}

/**
 * A compiled BPF object file: open, adjust, load, take maps and programs. Maps and programs belong to it and are
 * disposed with it; `duplicate()` one to keep it longer. Every method throws {@link LibbpfError}.
 */
export class BpfObject {
  readonly path: string;
  #pointer: Pointer | undefined;
  readonly #maps = new Map<string, BpfMap>();
  readonly #programs = new Map<string, BpfProgram>();
  readonly #held: Disposable[] = [];

  private constructor(pointer: Pointer, path: string) {
    this.#pointer = pointer;
    this.path = path;
  }

  static open(path: string, { pinRoot, btfCustomPath }: OpenOptions = {}): BpfObject {
    // struct bpf_object_open_opts
    const options = new Struct(80, true).pointText(24, pinRoot).pointText(48, btfCustomPath);
    const pointer = options.passTo((bytes) => libbpf().bpf_object__open_file(path, bytes));
    if (pointer === null) {
      const errno = lastErrno();
      const detail = errno === errnoNumber('ENOENT') ? 'no such object file; build it first' : 'not a BPF object file';
      throw new LibbpfError({ call: `bpf_object__open_file(${path})`, errno, detail });
    }
    return new BpfObject(pointer, path);
  }

  /** Loads a program or leaves it out; before load(). */
  setAutoload(program: string, autoload: boolean): void {
    check(
      `bpf_program__set_autoload(${program})`,
      libbpf().bpf_program__set_autoload(this.#program(program), autoload),
    );
  }

  /** Before load(). */
  setMaxEntries(map: string, entries: number): void {
    check(`bpf_map__set_max_entries(${map})`, libbpf().bpf_map__set_max_entries(this.#map(map), entries));
  }

  /** Sets the size of the inner maps that a map of maps is declared with; before load(). */
  setInnerMapEntries(map: string, entries: number): void {
    this.#held.push(growInnerMap(map, this.#map(map), entries));
  }

  /** Sets where a map is found or pinned by load(), or that it is not. */
  setPinPath(map: string, path: string | null): void {
    check(`bpf_map__set_pin_path(${map})`, libbpf().bpf_map__set_pin_path(this.#map(map), path));
  }

  /** Sets a `const volatile` (or plain) global by its C name, in the C layout and exact size; before load(). */
  setRodata(variable: string, value: Uint8Array): void {
    findVariable(this.#object, this.path, variable, value.length).set(value);
  }

  /** Uses an existing map in place of the declared one; before load(). The descriptor stays the caller's. */
  reuseMap(map: string, fd: number): void {
    check(`bpf_map__reuse_fd(${map})`, libbpf().bpf_map__reuse_fd(this.#map(map), fd));
  }

  /** Creates the maps and loads the programs. The error carries the verifier's log where it refused one. */
  load(): void {
    const programs = this.#list('bpf_object__next_program');
    using logs = new VerifierLogs(programs.map((program) => libbpf().bpf_program__name(program)));
    for (const [i, program] of programs.entries()) {
      libbpf().bpf_program__set_log_buf(program, logs.pointer(i), logs.size);
    }
    const result = libbpf().bpf_object__load(this.#object);
    for (const program of programs) libbpf().bpf_program__set_log_buf(program, null, 0);
    if (result < 0) {
      const reason = logs.refusal() ?? whyNotLoaded(result, this.declaredMaps());
      throw new LibbpfError({ call: `bpf_object__load(${this.path})`, errno: result, ...reason });
    }
  }

  /** A map's declaration, without loading anything. */
  declared(map: string): DeclaredMap {
    return declaration(this.#map(map));
  }

  /** Declarations of all maps, those of global variables (`….rodata`) included. */
  declaredMaps(): DeclaredMap[] {
    return this.#list('bpf_object__next_map').map(declaration);
  }

  programNames(): string[] {
    return this.#list('bpf_object__next_program').map((program) => libbpf().bpf_program__name(program));
  }

  /** A map by its C name; after load(). */
  map(name: string): BpfMap {
    const known = this.#maps.get(name);
    if (known !== undefined) return known;
    const fd = loaded(`bpf_map__fd(${name})`, libbpf().bpf_map__fd(this.#map(name)));
    const map = BpfMap.fromFd(OwnedFd.duplicate(fd, name).value, name);
    this.#maps.set(name, map);
    return map;
  }

  /** All maps; after load(). */
  maps(): BpfMap[] {
    return this.declaredMaps().map(({ name }) => this.map(name));
  }

  /** A program by its C name; after load(). */
  program(name: string): BpfProgram {
    const known = this.#programs.get(name);
    if (known !== undefined) return known;
    const fd = loaded(`bpf_program__fd(${name})`, libbpf().bpf_program__fd(this.#program(name)));
    const program = BpfProgram.fromFd(OwnedFd.duplicate(fd, name).value, name);
    this.#programs.set(name, program);
    return program;
  }

  [Symbol.dispose](): void {
    if (this.#pointer === undefined) return;
    for (const handle of [...this.#maps.values(), ...this.#programs.values(), ...this.#held]) handle[Symbol.dispose]();
    libbpf().bpf_object__close(this.#pointer);
    this.#pointer = undefined;
  }

  get #object(): Pointer {
    if (this.#pointer === undefined) throw disposed(`BpfObject ${this.path}`);
    return this.#pointer;
  }

  #map(name: string): Pointer {
    return this.#found('map', name, libbpf().bpf_object__find_map_by_name(this.#object, name));
  }

  #program(name: string): Pointer {
    return this.#found('program', name, libbpf().bpf_object__find_program_by_name(this.#object, name));
  }

  #found(kind: string, name: string, pointer: Pointer | null): Pointer {
    if (pointer !== null) return pointer;
    const call = `bpf_object__find_${kind}_by_name(${name})`;
    throw new LibbpfError({ call, errno: lastErrno(), detail: `${this.path} has no ${kind} of this name` });
  }

  #list(next: 'bpf_object__next_map' | 'bpf_object__next_program'): Pointer[] {
    const found: Pointer[] = [];
    const object = this.#object;
    for (let p = libbpf()[next](object, null); p !== null; p = libbpf()[next](object, p)) found.push(p);
    return found;
  }
}

/** libbpf gives -1 or a negative error, by version, for what has no descriptor yet. */
function loaded(call: string, fd: number): number {
  if (fd < 0) throw invalid(call, 'the object is not loaded, or this part of it was left out');
  return fd;
}

function declaration(map: Pointer): DeclaredMap {
  const lib = libbpf();
  return {
    name: lib.bpf_map__name(map),
    type: lib.bpf_map__type(map),
    keySize: lib.bpf_map__key_size(map),
    valueSize: lib.bpf_map__value_size(map),
    maxEntries: lib.bpf_map__max_entries(map),
    flags: lib.bpf_map__map_flags(map),
    pinPath: lib.bpf_map__pin_path(map) ?? undefined,
  };
}
