import { BpfLink, BpfMap, BpfProgram, type MapMemory, MapFlag, MapType, ProgramType } from '@namewall/libbpf';

const ADD = 8;
/** Offsets in struct __sk_buff. */
const SKB = { len: 0, data: 76, dataEnd: 80, gsoSize: 176 } as const;

/**
 * Counts the packets that pass a place of an interface, before any other program there: those of which not all octets
 * are directly readable, and those still to be cut into segments.
 */
export class Probe implements Disposable {
  readonly #memory: MapMemory;
  readonly #link: BpfLink;

  /** In the interface's network namespace. */
  constructor(ifindex: number, direction: 'ingress' | 'egress') {
    using counts = BpfMap.create({
      type: MapType.ARRAY,
      name: 'probe',
      keySize: 4,
      valueSize: 2 * ADD,
      maxEntries: 1,
      flags: MapFlag.MMAPABLE,
    });
    this.#memory = counts.mmap();
    using program = BpfProgram.load({
      type: ProgramType.SCHED_CLS,
      name: 'probe',
      license: 'GPL',
      insns: instructions(counts.fd),
    });
    this.#link = BpfLink.attachTcx(program, ifindex, direction, { head: true });
  }

  get nonLinear(): bigint {
    return this.#count(0);
  }

  get segmented(): bigint {
    return this.#count(1);
  }

  #count(index: number): bigint {
    const { bytes } = this.#memory;
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(index * ADD, true);
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
  }
}

function instructions(mapFd: number): Uint8Array {
  const load = (to: number, offset: number): number[] => insn(0x61, to, 1, offset);
  const add = (index: number): number[] => insn(0xdb, 5, 0, index * ADD);
  return Uint8Array.from([
    // r5 = the counts, r0 = 1
    ...insn(0x18, 5, 2, 0, mapFd),
    ...insn(0, 0, 0),
    ...insn(0xb7, 0, 0, 0, 1),
    // r2 = octets directly readable, r3 = octets
    ...load(2, SKB.dataEnd),
    ...load(4, SKB.data),
    ...insn(0x1f, 2, 4),
    ...load(3, SKB.len),
    // if (r2 < r3) counts[0]++
    ...insn(0x3d, 2, 3, 1),
    ...add(0),
    // if (gso_size) counts[1]++
    ...load(3, SKB.gsoSize),
    ...insn(0x15, 3, 0, 1),
    ...add(1),
    // the next program decides
    ...insn(0xb7, 0, 0, 0, -1),
    ...insn(0x95, 0, 0),
  ]);
}

function insn(code: number, to: number, from: number, offset = 0, immediate = 0): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint8(0, code);
  bytes.setUint8(1, from * 16 + to);
  bytes.setInt16(2, offset, true);
  bytes.setInt32(4, immediate, true);
  return [...new Uint8Array(bytes.buffer)];
}
