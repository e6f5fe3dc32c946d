import { check, invalid, LibbpfError } from './error.ts';
import { OwnedFd } from './fd.ts';
import { objectInfo } from './info.ts';
import type { BpfMap } from './map.ts';
import { libbpf } from './native.ts';
import { openPin, pin } from './pin.ts';
import { Struct } from './struct.ts';
import { testRun } from './test-run.ts';
import type { TestRunInput, TestRunResult } from './test-run.ts';
import { VerifierLogs } from './verifier-log.ts';

/** What the kernel says of a program; run time and count only while run statistics are on. */
export interface ProgramInfo {
  readonly type: number;
  readonly id: number;
  readonly name: string;
  /** Instructions the verifier walked; 0 on kernels before 5.16. */
  readonly verifiedInsns: number;
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Bytes of machine code. */
  readonly jitedLen: number;
  /** Bytes of BPF after the verifier's rewriting. */
  readonly xlatedLen: number;
}

export interface RawProgram {
  readonly type: number;
  readonly name: string;
  readonly license: string;
  /** struct bpf_insn, eight bytes each, host byte order. */
  readonly insns: Uint8Array;
  readonly expectedAttachType?: number;
}

const INSN = 8;
const INFO_SIZE = 232;

/** A loaded program. Every method throws {@link LibbpfError}; EBADF once disposed. */
export class BpfProgram {
  readonly #fd: OwnedFd;
  readonly #origin: string;

  private constructor(fd: number, origin: string) {
    this.#fd = new OwnedFd(fd, `BpfProgram ${origin}`);
    this.#origin = origin;
  }

  /** Loads instructions as they are. When the verifier refuses them the error carries its log. */
  static load(program: RawProgram): BpfProgram {
    const { type, name, license, insns, expectedAttachType = 0 } = program;
    const call = `bpf_prog_load(${name})`;
    if (insns.length === 0 || insns.length % INSN !== 0) {
      throw invalid(call, `instructions are ${INSN} bytes each; ${insns.length} bytes are not a number of them`);
    }
    using logs = new VerifierLogs([name]);
    // struct bpf_prog_load_opts
    const options = new Struct(104, true).setU32(12, expectedAttachType);
    options.setU32(92, logs.size).pointAt(96, logs.pointer(0));
    const fd = libbpf().bpf_prog_load(type, name, license, insns, insns.length / INSN, options.bytes);
    if (fd < 0) throw new LibbpfError({ call, errno: fd, ...logs.refusal() });
    return new BpfProgram(fd, name);
  }

  static openPinned(path: string): BpfProgram {
    return new BpfProgram(openPin(path, 'program'), path);
  }

  static openById(id: number): BpfProgram {
    return new BpfProgram(check(`bpf_prog_get_fd_by_id(${id})`, libbpf().bpf_prog_get_fd_by_id(id)), `id ${id}`);
  }

  /** Takes over a descriptor of a program. */
  static fromFd(fd: number, origin = `fd ${fd}`): BpfProgram {
    return new BpfProgram(fd, origin);
  }

  /** A second handle, which lives on when this one is disposed. */
  duplicate(): BpfProgram {
    return new BpfProgram(OwnedFd.duplicate(this.fd, this.#origin).value, this.#origin);
  }

  get fd(): number {
    return this.#fd.value;
  }

  /** The value that puts this program into a program array (a look-up there gives its id instead). */
  asValue(): Uint8Array {
    return new Struct(4).setU32(0, this.fd).bytes;
  }

  /** Read from the kernel anew each time. */
  get info(): ProgramInfo {
    const info = objectInfo(this.#origin, this.fd, INFO_SIZE); // struct bpf_prog_info
    return {
      type: info.u32(0),
      id: info.u32(4),
      jitedLen: info.u32(16),
      xlatedLen: info.u32(20),
      name: info.text(64, 16),
      runTimeNs: info.u64(192),
      runCount: info.u64(200),
      verifiedInsns: info.u32(216),
    };
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  /** Runs the program on a packet (BPF_PROG_TEST_RUN); not every type can be (ENOTSUPP). */
  testRun(input: TestRunInput): TestRunResult {
    return testRun(this.fd, this.#origin, input);
  }

  /** Attaches to a sock map or sock hash; `attachType`: SK_SKB_STREAM_VERDICT, SK_MSG_VERDICT. */
  attachToMap(map: BpfMap, attachType: number): void {
    const call = `bpf_prog_attach(${this.#origin}, ${map.info.name})`;
    check(call, libbpf().bpf_prog_attach(this.fd, map.fd, attachType, 0));
  }

  detachFromMap(map: BpfMap, attachType: number): void {
    const call = `bpf_prog_detach(${this.#origin}, ${map.info.name})`;
    check(call, libbpf().bpf_prog_detach2(this.fd, map.fd, attachType));
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}
