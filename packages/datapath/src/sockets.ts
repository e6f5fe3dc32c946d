import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AttachType, BpfLink, BpfMap, BpfObject, type BpfProgram, LibbpfError } from '@namewall/libbpf';
import { prepare } from './load.ts';
import type { HashKey } from './gen/structs.gen.ts';
import { socketsDir } from './pins/paths.ts';
import { ifThere, unlinkIfThere } from './pins/purge.ts';
import type { Sizes } from './sizes.ts';

/** The C names of what build/socket.bpf.o has. */
const [SOCKETS, OPS, QUERY] = ['sockets', 'socket_ops', 'socket_query'] as const;

const mapPin = (root: string): string => join(socketsDir(root), 'map');
const linkPin = (root: string): string => join(socketsDir(root), 'link');

export interface SocketOptions {
  readonly root: string;
  /** The compiled object, build/socket.bpf.o. */
  readonly objectPath: string;
  readonly sizes: Sizes;
  readonly hashKey: HashKey;
  /** A cgroup2 directory: the sockets of the processes in it and below are seen. */
  readonly cgroup: string;
}

/**
 * Loads the programs on sockets over the maps of a root that has been made. The caller disposes it.
 * @throws LibbpfError with the verifier's log
 */
export function loadSockets({ root, objectPath, sizes, hashKey }: Omit<SocketOptions, 'cgroup'>): BpfObject {
  mkdirSync(socketsDir(root), { recursive: true, mode: 0o700 });
  const object = BpfObject.open(objectPath, { pinRoot: root });
  try {
    prepare(object, sizes, hashKey);
    object.setMaxEntries(SOCKETS, sizes.streams);
    object.setPinPath(SOCKETS, mapPin(root));
    object.load();
    return object;
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

/**
 * Puts the programs on sockets in place: connections made from now on get their forbidden questions answered where they
 * are asked. What was in place is replaced; it stays when this process ends.
 * @throws LibbpfError
 */
export function attachSockets({ cgroup, ...options }: SocketOptions): void {
  using object = loadSockets(options);
  const { root } = options;
  object.program(QUERY).attachToMap(object.map(SOCKETS), AttachType.SK_MSG_VERDICT);
  if (!replace(root, object.program(OPS), cgroup)) attach(root, object.program(OPS), cgroup);
}

/** Puts the program behind the pinned link; false where there is none, or it is at another cgroup or one that is gone. */
function replace(root: string, program: BpfProgram, cgroup: string): boolean {
  if (!existsSync(linkPin(root))) return false;
  using link = BpfLink.openPinned(linkPin(root));
  if (link.info.cgroupId !== statSync(cgroup, { bigint: true }).ino) return false;
  link.update(program);
  return true;
}

function attach(root: string, program: BpfProgram, cgroup: string): void {
  const fd = openSync(cgroup, 'r');
  try {
    using link = BpfLink.attachCgroup(program, fd, AttachType.CGROUP_SOCK_OPS);
    unlinkIfThere(`${linkPin(root)}-new`);
    link.pin(`${linkPin(root)}-new`);
  } finally {
    closeSync(fd);
  }
  removeLink(root);
  renameSync(`${linkPin(root)}-new`, linkPin(root));
}

function removeLink(root: string): boolean {
  if (!existsSync(linkPin(root))) return false;
  using link = BpfLink.openPinned(linkPin(root));
  try {
    link.detach();
  } catch (error) {
    // The cgroup is gone, and the link was taken off with it.
    if (!(error instanceof LibbpfError && error.code === 'ENOLINK')) throw error;
  }
  return unlinkIfThere(linkPin(root));
}

/** Sockets hold their program and it holds the map: one after the other is let go. */
function releaseSockets(root: string): boolean {
  if (!existsSync(mapPin(root))) return false;
  using map = BpfMap.openPinned(mapPin(root));
  for (const key of map.keys()) map.delete(key);
  return unlinkIfThere(mapPin(root));
}

/** Takes the programs off the sockets, those that are open too, and removes their pins. False: there were none. */
export function detachSockets(root: string): boolean {
  unlinkIfThere(`${linkPin(root)}-new`);
  const removed = removeLink(root);
  const map = releaseSockets(root);
  ifThere(() => {
    rmdirSync(socketsDir(root));
  });
  return removed || map;
}
