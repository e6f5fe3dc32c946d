import { attachedIn, NAME_SERVERS, type World } from '@namewall/e2e';
import { BpfProgram, ProgramType } from '@namewall/libbpf';
import { median } from './figure.ts';

const TC_ACT_UNSPEC = 0xffffffff;

/** Nanoseconds a run, net of the empty program measured in the same minute. */
export interface Cost {
  readonly least: number;
  readonly median: number;
}

/** The trampolines of the policed pod's cable, as the agent attached them, and the empty program beside them. */
export class Cable {
  readonly #out: BpfProgram;
  readonly #in: BpfProgram;
  readonly #empty: BpfProgram;
  readonly pod: string;
  readonly resolver = NAME_SERVERS.silent.v4;

  private constructor(out: BpfProgram, into: BpfProgram, pod: string) {
    this.#out = out;
    this.#in = into;
    this.pod = pod;
    // r0 = -1 (TC_ACT_UNSPEC); exit
    const insns = Uint8Array.from([0xb4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95, 0, 0, 0, 0, 0, 0, 0]);
    this.#empty = BpfProgram.load({ type: ProgramType.SCHED_CLS, name: 'empty', license: 'GPL', insns });
  }

  static async open({ lab }: World): Promise<Cable> {
    const shop = lab.pod('shop');
    const here = (await attachedIn(lab.node)).filter(({ device }) => device === shop.hostEnd);
    const program = (direction: string): BpfProgram => {
      const found = here.find(({ kind }) => kind.endsWith(direction));
      if (!found) throw new Error(`no ${direction} program on ${shop.hostEnd}; is the agent running?`);
      return BpfProgram.openById(found.programId);
    };
    return new Cable(program('ingress'), program('egress'), shop.addresses.v4);
  }

  /** Runs a frame once, leaving what it teaches. @throws Error when it is not passed on. */
  pass(direction: 'out' | 'in', frame: Buffer, repeat = 1): number {
    const { retval, durationNs } = (direction === 'out' ? this.#out : this.#in).testRun({ data: frame, repeat });
    if (retval !== TC_ACT_UNSPEC) throw new Error(`a frame that must pass got verdict ${retval | 0}`);
    return durationNs;
  }

  /** The same frame again and again: hot. `prepare` runs before each batch. */
  hot(direction: 'out' | 'in', frame: (batch: number) => Buffer, prepare?: (batch: number) => void): Cost {
    const batches = Array.from({ length: BATCHES }, (_, batch) => {
      prepare?.(batch);
      const own = this.pass(direction, frame(batch), REPEAT);
      return { own, empty: this.#empty.testRun({ data: frame(batch), repeat: REPEAT }).durationNs };
    });
    return net(batches);
  }

  /** Each frame once: cold. `prepare` runs before each. */
  cold(direction: 'out' | 'in', frames: readonly Buffer[], prepare?: (index: number) => void): Cost {
    const runs = frames.map((frame, index) => {
      prepare?.(index);
      const empty = this.#empty.testRun({ data: frame }).durationNs;
      return { own: this.pass(direction, frame), empty };
    });
    return net(runs);
  }

  [Symbol.dispose](): void {
    for (const program of [this.#out, this.#in, this.#empty]) program[Symbol.dispose]();
  }
}

const BATCHES = 15;
export const REPEAT = 10_000;

function net(runs: readonly { own: number; empty: number }[]): Cost {
  const own = runs.map((run) => run.own);
  const empty = runs.map((run) => run.empty);
  return { least: Math.min(...own) - Math.min(...empty), median: median(own) - median(empty) };
}
