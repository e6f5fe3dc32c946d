import { check } from './error.ts';
import { libbpf } from './native.ts';
import { Struct } from './struct.ts';

/** Bytes of struct __sk_buff. */
export const SK_BUFF_SIZE = 192;

export interface TestRunInput {
  /** The packet from its Ethernet header, at least 14 bytes. */
  readonly data: Uint8Array;
  /** struct __sk_buff; the kernel takes mark, priority, ifindexes, cb, tstamp and gso fields, all else must be 0. */
  readonly ctx?: Uint8Array;
  /** Runs of the program on the same packet (1), for measuring. */
  readonly repeat?: number;
  /** Bytes that the packet may grow by (4,096). */
  readonly headroom?: number;
}

export interface TestRunResult {
  /** The program's return value, unsigned: TC_ACT_UNSPEC is 0xffffffff. */
  readonly retval: number;
  /** Mean of one run. */
  readonly durationNs: number;
  /** The packet as the program left it. */
  readonly data: Uint8Array;
  /** struct __sk_buff as the program left it. */
  readonly ctx: Uint8Array;
}

/** BPF_PROG_TEST_RUN through libbpf; `name` names the program in errors. */
export function testRun(fd: number, name: string, input: TestRunInput): TestRunResult {
  const { data, ctx, repeat = 1, headroom = 4096 } = input;
  const dataOut = Buffer.alloc(data.length + headroom);
  const ctxOut = Buffer.alloc(Math.max(SK_BUFF_SIZE, ctx?.length ?? 0));
  // struct bpf_test_run_opts
  const options = new Struct(88, true);
  options.point(8, data).point(16, dataOut).setU32(24, data.length).setU32(28, dataOut.length);
  options
    .point(32, ctx)
    .point(40, ctxOut)
    .setU32(48, ctx?.length ?? 0)
    .setU32(52, ctxOut.length);
  options.setU32(60, repeat);
  const result = options.passTo((bytes) => libbpf().bpf_prog_test_run_opts(fd, bytes));
  check(`bpf_prog_test_run_opts(${name})`, result);
  return {
    retval: options.u32(56),
    durationNs: options.u32(64),
    data: dataOut.subarray(0, options.u32(28)),
    ctx: ctxOut.subarray(0, options.u32(52)),
  };
}
