import { AttachType } from './constants.ts';
import type { Direction } from './constants.ts';
import { check, invalid } from './error.ts';
import { OwnedFd } from './fd.ts';
import { objectInfo } from './info.ts';
import { libbpf } from './native.ts';
import { openPin, pin, unpin } from './pin.ts';
import type { BpfProgram } from './program.ts';
import { Struct } from './struct.ts';
import { bpf, BpfCommand } from './syscall.ts';

/** What the kernel says of a link; `ifindex` and `attachType` where its type has them. */
export interface LinkInfo {
  /** 3 cgroup, 11 TCX (enum bpf_link_type). */
  readonly type: number;
  readonly id: number;
  readonly progId: number;
  /** 0 once the interface is gone. In the number space of the interface's own network namespace. */
  readonly ifindex?: number;
  readonly attachType?: number;
  /** Of a cgroup link: the inode number of the cgroup's directory; 0 once that is gone. */
  readonly cgroupId?: bigint;
}

const LINK_TYPE_CGROUP = 3;
const LINK_TYPE_TCX = 11;
const BPF_F_BEFORE = 1 << 3;
const INFO_SIZE = 64;

/**
 * An attached program. Closing the last descriptor of a link detaches it, unless it is pinned. Every method throws
 * {@link LibbpfError}; EBADF once disposed.
 */
export class BpfLink {
  readonly #fd: OwnedFd;
  readonly #origin: string;
  #path: string | undefined;

  private constructor(fd: number, origin: string, path?: string) {
    this.#fd = new OwnedFd(fd, `BpfLink ${origin}`);
    this.#origin = origin;
    this.#path = path;
  }

  /**
   * Attaches to an interface of the current network namespace (kernel 6.6; EINVAL before). Joins the end of the
   * chain, or with `head` the front of all that stands there now.
   */
  static attachTcx(
    program: BpfProgram,
    ifindex: number,
    direction: Direction,
    { head = false }: { head?: boolean } = {},
  ): BpfLink {
    const origin = `tcx ${direction} of ifindex ${ifindex}`;
    const attachType = tcxAttachType(direction);
    // union bpf_attr, link_create; BPF_F_BEFORE with no relative means before all others.
    const attributes = new Struct(32).setU32(0, program.fd).setU32(4, ifindex).setU32(8, attachType);
    attributes.setU32(12, head ? BPF_F_BEFORE : 0);
    return new BpfLink(bpf(`bpf(BPF_LINK_CREATE, ${origin})`, BpfCommand.LINK_CREATE, attributes), origin);
  }

  /** `cgroupFd`: an open descriptor of a cgroup2 directory. */
  static attachCgroup(program: BpfProgram, cgroupFd: number, attachType: number): BpfLink {
    const fd = libbpf().bpf_link_create(program.fd, cgroupFd, attachType, null);
    return new BpfLink(check('bpf_link_create(cgroup)', fd), 'cgroup');
  }

  static openPinned(path: string): BpfLink {
    return new BpfLink(openPin(path, 'link'), path, path);
  }

  /** Takes over a descriptor of a link. */
  static fromFd(fd: number, origin = `fd ${fd}`): BpfLink {
    return new BpfLink(fd, origin);
  }

  static openById(id: number): BpfLink {
    return new BpfLink(check(`bpf_link_get_fd_by_id(${id})`, libbpf().bpf_link_get_fd_by_id(id)), `id ${id}`);
  }

  get fd(): number {
    return this.#fd.value;
  }

  /** Read from the kernel anew each time. */
  get info(): LinkInfo {
    const info = objectInfo(this.#origin, this.fd, INFO_SIZE); // struct bpf_link_info
    const type = info.u32(0);
    const common = { type, id: info.u32(4), progId: info.u32(8) };
    if (type === LINK_TYPE_TCX) return { ...common, ifindex: info.u32(16), attachType: info.u32(20) };
    if (type === LINK_TYPE_CGROUP) return { ...common, cgroupId: info.u64(16), attachType: info.u32(24) };
    return common;
  }

  /** Swaps the program with no gap and no change of place. */
  update(program: BpfProgram): void {
    check(`bpf_link_update(${this.#origin})`, libbpf().bpf_link_update(this.fd, program.fd, null));
  }

  pin(path: string): void {
    pin(this.fd, path);
    this.#path = path;
  }

  /** Removes the pin that this handle made or was opened from; the link itself stays while the handle is open. */
  unpin(): void {
    if (this.#path === undefined) {
      throw invalid(`BpfLink.unpin(${this.#origin})`, 'this handle neither made a pin nor was opened from one');
    }
    unpin(this.#path);
    this.#path = undefined;
  }

  /** Detaches now, pinned or not; the handle and a pin stay and stand for nothing. */
  detach(): void {
    check(`bpf_link_detach(${this.#origin})`, libbpf().bpf_link_detach(this.fd));
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}

/** Attach type of TCX on one side of an interface. */
export function tcxAttachType(direction: Direction): number {
  return direction === 'ingress' ? AttachType.TCX_INGRESS : AttachType.TCX_EGRESS;
}
