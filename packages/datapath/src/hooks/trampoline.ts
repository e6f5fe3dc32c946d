import { NwProgram } from '../gen/enums.gen.ts';

/**
 * The few instructions that stand at each end of each cable: they put the endpoint's number into
 * skb->cb[0], jump to the shared program of their direction, to its fallback when that is not there, and
 * pass the packet on when neither is. See bpf/lib/programs.h.
 */
export type Direction = 'out' | 'in';

const SLOTS: Readonly<Record<Direction, { readonly program: number; readonly fallback: number }>> = {
  out: { program: NwProgram.POD_OUT, fallback: NwProgram.FALLBACK_OUT },
  in: { program: NwProgram.POD_IN, fallback: NwProgram.FALLBACK_IN },
};

/** Octet of the endpoint's number in the instructions: the one immediate that differs between endpoints. */
export const ENDPOINT_IMMEDIATE = 12;

/** offsetof(struct __sk_buff, cb), kernel UAPI. */
const CB_OFFSET = 48;
const TAIL_CALL = 12;
const TC_ACT_UNSPEC = -1;
const PSEUDO_MAP_FD = 1;

/** Opcodes of include/uapi/linux/bpf.h: class | size or operation | source. */
const MOV64_REG = 0xbf;
const MOV64_IMM = 0xb7;
const MOV32_IMM = 0xb4;
const STORE32 = 0x63;
const LOAD64_IMM = 0x18;
const CALL = 0x85;
const EXIT = 0x95;

type Instruction = readonly [opcode: number, destination: number, source: number, offset: number, immediate: number];

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([opcode, destination, source, offset, immediate], index) => {
    const at = index * 8;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, destination | (source << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, immediate | 0, true);
  });
  return bytes;
}

/** The trampoline of an endpoint. `programsFd` is a descriptor of the map `programs`, only needed while loading. */
export function trampoline(endpoint: number, programsFd: number, direction: Direction): Uint8Array {
  if (!Number.isInteger(endpoint) || endpoint < 1 || endpoint > 0xffffffff) {
    throw new RangeError(`endpoint number ${endpoint} is not in 1..2^32-1: take one from allocate('endpoint')`);
  }
  const jump = (slot: number): readonly Instruction[] => [
    [MOV64_REG, 1, 6, 0, 0],
    [LOAD64_IMM, 2, PSEUDO_MAP_FD, 0, programsFd],
    [0, 0, 0, 0, 0],
    [MOV64_IMM, 3, 0, 0, slot],
    [CALL, 0, 0, 0, TAIL_CALL],
  ];
  const { program, fallback } = SLOTS[direction];
  return encode([
    [MOV64_REG, 6, 1, 0, 0],
    [MOV32_IMM, 2, 0, 0, endpoint],
    [STORE32, 6, 2, CB_OFFSET, 0],
    ...jump(program),
    ...jump(fallback),
    [MOV64_IMM, 0, 0, 0, TC_ACT_UNSPEC],
    [EXIT, 0, 0, 0, 0],
  ]);
}
