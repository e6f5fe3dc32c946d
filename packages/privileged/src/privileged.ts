/** Asks the process beside us, which has CAP_SYS_ADMIN, for the few things that need it. All of it is synchronous. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import {
  BpfLink,
  BpfMap,
  type BpfProgram,
  type Direction,
  LibbpfError,
  type Message,
  MessageSocket,
  type TcxEntry,
  errnoNumber,
} from '@namewall/libbpf';
import {
  ADDRESSES_MAX,
  CABLE_COUNTS,
  ENTRY,
  LINK,
  NETNS_MAX,
  Operation,
  type OperationName,
  REPLY,
  REQUEST,
} from './operations.ts';
import { DESCRIPTOR, PROGRAM } from './program.ts';

/** Milliseconds of an answer: the kernel gives them in microseconds. */
const TIMEOUT = 10_000;

/** A link that may lead out of a network namespace. */
export interface PodLink {
  readonly ifindex: number;
  readonly ifname: string;
  /** Empty for a device of hardware. */
  readonly kind: string;
  /** Of its other end, in the number space of that end's namespace; 0: it has none. */
  readonly peer: number;
  /** Its other end is in another namespace. */
  readonly elsewhere: boolean;
}

/** How many packets have come to the pod's end of a cable that its host's end did not send: two bounds of one number. */
export interface Redirected {
  readonly least: bigint;
  readonly most: bigint;
}

interface Arguments {
  readonly netns?: string;
  readonly ifindex?: number;
  readonly side?: Direction;
  readonly handle?: number;
  readonly id?: number;
  readonly addresses?: readonly Uint8Array[];
  /** A descriptor that goes with it. */
  readonly fd?: number;
}

interface Reply {
  readonly result: number;
  readonly data: Buffer;
  readonly fd: number | undefined;
}

/** The other end of what packages/privileged/src/serve.c does. Every method throws {@link LibbpfError}. */
export class Privileged {
  readonly #socket: MessageSocket;
  #number = 0;
  #lost = false;

  constructor(socket: MessageSocket) {
    this.#socket = socket;
  }

  /** It has ended: nothing can be asked any more. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Bits of its effective capabilities (linux/capability.h). */
  held(): bigint {
    return this.#ask('HELD').data.readBigUInt64LE(0);
  }

  /** The number by which programs know a network namespace (bpf_get_netns_cookie); never given twice until a reboot. */
  cookie(netns: string): bigint {
    return this.#ask('COOKIE', { netns }).data.readBigUInt64LE(0);
  }

  /** At most 1,024 of the first 4,096, eth0 first; `complete`: there are no more. */
  links(netns: string): { links: PodLink[]; complete: boolean } {
    const { result, data } = this.#ask('LINKS', { netns });
    return { links: slices(data, LINK.size).map(linkIn), complete: result === 0 };
  }

  /** The other end of a veth of a namespace, where that is in our own. */
  farEnd(netns: string, { ifindex, peer }: PodLink): PodLink | undefined {
    const { result, data } = this.#ask('FAR_END', { netns, ifindex, id: peer });
    return result === 0 ? linkIn(data) : undefined;
  }

  /**
   * What was handed to a pod past the host's end of its cable, as the kernel counts it (right from Linux 6.7 on, and where that
   * was ported back): by bpf_redirect_peer, ours and others', or by native XDP. Undefined: these are not the ends of one cable.
   */
  redirected(netns: string, podIfindex: number, hostIfindex: number): Redirected | undefined {
    const { result, data } = this.#ask('CABLE_COUNTS', { netns, ifindex: podIfindex, id: hostIfindex });
    if (result !== 0) return undefined;
    const sent = data.readBigUInt64LE(CABLE_COUNTS.sent);
    const least = data.readBigUInt64LE(CABLE_COUNTS.received) - sent;
    return { least, most: data.readBigUInt64LE(CABLE_COUNTS.receivedAfter) - sent };
  }

  /** Whether a namespace has all of these addresses (16 octets each, IPv4 mapped). */
  holds(netns: string, addresses: readonly Uint8Array[]): boolean {
    for (let from = 0; from < addresses.length; from += ADDRESSES_MAX) {
      const some = addresses.slice(from, from + ADDRESSES_MAX);
      if (this.#ask('ADDRESSES', { netns, addresses: some }).result !== (1 << some.length) - 1) return false;
    }
    return true;
  }

  tcx(netns: string, ifindex: number, side: Direction): TcxEntry[] {
    return entriesIn(this.#ask('TCX_QUERY', { netns, ifindex, side }).data).map(({ programId, id }) => ({
      progId: programId,
      linkId: id,
    }));
  }

  /** At the head of the chain. */
  attachTcx(netns: string, ifindex: number, side: Direction, program: BpfProgram): BpfLink {
    const { fd } = this.#ask('TCX_ATTACH', { netns, ifindex, side, fd: program.fd });
    return BpfLink.fromFd(given(fd), `tcx ${side} of ifindex ${ifindex} in ${netns}`);
  }

  /** The id of the program of a clsact filter of ours; undefined when there is none, or no such interface. */
  filter(netns: string, ifindex: number, side: Direction, handle: number): number | undefined {
    const result = this.#unless(['ENODEV'], 'FILTER_QUERY', { netns, ifindex, side, handle })?.result ?? 0;
    return result === 0 ? undefined : result;
  }

  /** Makes the qdisc where there is none. EEXIST when the handle is taken, unless it replaces. */
  setFilter(
    netns: string,
    ifindex: number,
    side: Direction,
    program: BpfProgram,
    { handle, replace }: { readonly handle: number; readonly replace: boolean },
  ): void {
    this.#ask('FILTER_SET', { netns, ifindex, side, handle, id: replace ? 1 : 0, fd: program.fd });
  }

  /** False when there was none. */
  deleteFilter(netns: string, ifindex: number, side: Direction, handle: number): boolean {
    return this.#unless(['ENOENT', 'EINVAL'], 'FILTER_DELETE', { netns, ifindex, side, handle }) !== undefined;
  }

  /** Programs of filters in the order they run, whoever's. */
  filters(netns: string, ifindex: number, side: Direction): { programId: number; handle: number }[] {
    const { data } = this.#ask('FILTERS', { netns, ifindex, side });
    return entriesIn(data).map(({ programId, id }) => ({ programId, handle: id }));
  }

  /** Of both sides, whoever's and whatever they are. */
  countFilters(netns: string, ifindex: number): number {
    return this.#ask('FILTER_COUNT', { netns, ifindex }).result;
  }

  hasClsact(netns: string, ifindex: number): boolean {
    return this.#ask('QDISC_QUERY', { netns, ifindex }).result === 1;
  }

  /** Deletes the clsact qdisc with all that is on it; false when there was none. */
  deleteClsact(netns: string, ifindex: number): boolean {
    return this.#unless(['ENOENT', 'EINVAL'], 'QDISC_DELETE', { netns, ifindex }) !== undefined;
  }

  /** Undefined once it is unloaded. */
  programName(id: number): string | undefined {
    const data = this.#unless(['ENOENT'], 'PROGRAM_NAME', { id })?.data;
    return data === undefined ? undefined : textIn(data, 0);
  }

  /** What stands at 0 of a map of maps. */
  innerMap(maps: BpfMap): BpfMap {
    return BpfMap.fromFd(given(this.#ask('INNER_MAP', { fd: maps.fd }).fd), `inner map of ${maps.info.name}`);
  }

  /** On /sys/fs/bpf, where there is none. */
  mountBpffs(): void {
    this.#ask('MOUNT_BPFFS');
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #unless(codes: readonly string[], operation: OperationName, what: Arguments): Reply | undefined {
    try {
      return this.#ask(operation, what);
    } catch (error) {
      if (error instanceof LibbpfError && codes.includes(error.code)) return undefined;
      throw error;
    }
  }

  #ask(operation: OperationName, what: Arguments = {}): Reply {
    const named = [what.netns, what.ifindex, what.side, what.id].filter((part) => part !== undefined);
    const call = `privileged ${operation.toLowerCase()}(${named.join(', ')})`;
    if (this.#lost) throw gone(call);
    this.#number = (this.#number + 1) >>> 0;
    const reply = this.#exchange(call, encode(this.#number, operation, what), what.fd);
    if (reply.result >= 0) return reply;
    if (reply.fd !== undefined) closeSync(reply.fd);
    throw new LibbpfError({ call, errno: reply.result });
  }

  #exchange(call: string, request: Uint8Array, fd: number | undefined): Reply {
    try {
      this.#socket.send(request, fd);
      for (;;) {
        const message = this.#socket.receive(REPLY.most);
        const reply = decode(message);
        if (message.bytes.readUInt32LE(REPLY.number) === this.#number) return reply;
        // Of a request whose time was over.
        if (message.fd !== undefined) closeSync(message.fd);
      }
    } catch (error) {
      if (!(error instanceof LibbpfError) || !['EPIPE', 'ECONNRESET', 'ENOTCONN'].includes(error.code)) throw error;
      this.#lost = true;
      throw gone(call, error);
    }
  }
}

function gone(call: string, cause?: unknown): LibbpfError {
  const detail = `${PROGRAM} has ended; what is attached stays`;
  return new LibbpfError({ call, errno: errnoNumber('EPIPE') ?? 32, detail, cause });
}

function encode(number: number, operation: OperationName, what: Arguments): Buffer {
  const { netns = '', addresses = [] } = what;
  const bytes = Buffer.alloc(REQUEST.size);
  bytes.writeUInt32LE(number, REQUEST.number);
  bytes.writeUInt32LE(Operation[operation], REQUEST.operation);
  bytes.writeUInt32LE(what.ifindex ?? 0, REQUEST.ifindex);
  bytes.writeUInt32LE(what.side === 'egress' ? 1 : 0, REQUEST.egress);
  bytes.writeUInt32LE(what.handle ?? 0, REQUEST.handle);
  bytes.writeUInt32LE(what.id ?? 0, REQUEST.id);
  bytes.writeUInt32LE(addresses.length, REQUEST.addressesCount);
  for (const [i, address] of addresses.entries()) bytes.set(address, REQUEST.addresses + 16 * i);
  if (Buffer.byteLength(netns) >= NETNS_MAX) {
    throw new LibbpfError({ call: `privileged(${netns})`, errno: errnoNumber('ENAMETOOLONG') ?? 36 });
  }
  bytes.write(netns, REQUEST.netns);
  return bytes;
}

function decode({ bytes, fd }: Message): Reply {
  return { result: bytes.readInt32LE(REPLY.result), data: bytes.subarray(REPLY.head), fd };
}

function given(fd: number | undefined): number {
  if (fd === undefined) throw new LibbpfError({ call: 'privileged', errno: errnoNumber('EPROTO') ?? 71 });
  return fd;
}

const slices = (data: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.floor(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));

function textIn(bytes: Buffer, offset: number): string {
  const field = bytes.subarray(offset, offset + 16);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function linkIn(bytes: Buffer): PodLink {
  return {
    ifindex: bytes.readUInt32LE(LINK.index),
    ifname: textIn(bytes, LINK.name),
    kind: textIn(bytes, LINK.kind),
    peer: bytes.readUInt32LE(LINK.peer),
    elsewhere: bytes.readUInt32LE(LINK.elsewhere) === 1,
  };
}

const entriesIn = (data: Buffer): { programId: number; id: number }[] =>
  slices(data, ENTRY.size).map((entry) => ({
    programId: entry.readUInt32LE(ENTRY.programId),
    id: entry.readUInt32LE(ENTRY.id),
  }));

let shared: Privileged | undefined;

/** The one of this process: what {@link inheritPrivileged} found, else a child of its own with the capabilities that it has. */
export function privileged(): Privileged {
  return (shared ??= new Privileged(start()));
}

/** In a process that `PROGRAM launch` has started: takes over the descriptor to ask by, before there are children. */
export function inheritPrivileged(env: NodeJS.ProcessEnv): void {
  const descriptor = env[DESCRIPTOR];
  if (descriptor === undefined) return;
  shared = new Privileged(new MessageSocket(Number(descriptor), TIMEOUT));
  delete env[DESCRIPTOR];
}

function start(): MessageSocket {
  if (!existsSync(PROGRAM)) {
    const detail = 'it is not there; run make build';
    throw new LibbpfError({ call: PROGRAM, errno: errnoNumber('ENOENT') ?? 2, detail });
  }
  const { socket, other } = MessageSocket.pair(TIMEOUT);
  // It ends when this process does: the other end of its socket is closed then.
  spawn(PROGRAM, ['serve'], { stdio: ['ignore', 'ignore', 'inherit', other] }).unref();
  closeSync(other);
  return socket;
}
