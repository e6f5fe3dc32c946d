import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { AttachType, BpfLink, type BpfProgram, LibbpfError } from '@namewall/libbpf';
import { linksDir } from '../pins/paths.ts';
import { unlinkIfThere } from '../pins/purge.ts';
import { chainAt } from './chain.ts';
import type { Place, Side } from './place.ts';
import type { Direction } from './trampoline.ts';

const linkPin = (root: string, endpoint: number, direction: Direction): string =>
  join(linksDir(root), `${endpoint}-${direction}`);

/** Where a pinned link stands; `ifindex` is 0 once the interface is gone. */
export interface LinkFacts {
  readonly linkId: number;
  readonly ifindex: number;
  readonly side: Side;
}

export function readLink(root: string, endpoint: number, direction: Direction): LinkFacts | undefined {
  const path = linkPin(root, endpoint, direction);
  if (!existsSync(path)) return undefined;
  using link = BpfLink.openPinned(path);
  const { id, ifindex = 0, attachType } = link.info;
  return { linkId: id, ifindex, side: attachType === AttachType.TCX_INGRESS ? 'ingress' : 'egress' };
}

/** Whether a link is first at a place: its interface number alone could be that of an interface elsewhere. */
export function isFirstLink({ linkId, ifindex, side }: LinkFacts, place: Place): boolean {
  if (ifindex !== place.ifindex || side !== place.side) return false;
  return chainAt(place).tcx()[0]?.linkId === linkId;
}

/** Attaches at the head of the chain and pins the link; one that was pinned goes once the new one stands. */
export function setLink(root: string, endpoint: number, direction: Direction, program: BpfProgram, place: Place): void {
  mkdirSync(linksDir(root), { recursive: true });
  const path = linkPin(root, endpoint, direction);
  const fresh = `${path}-new`;
  using link = chainAt(place).attachTcx(program);
  unlinkIfThere(fresh);
  link.pin(fresh);
  using old = existsSync(path) ? BpfLink.openPinned(path) : undefined;
  renameSync(fresh, path);
  if (old !== undefined) detachLink(old);
}

/** Detaches and unpins; false when nothing was pinned. */
export function removeLink(root: string, endpoint: number, direction: Direction): boolean {
  const path = linkPin(root, endpoint, direction);
  unlinkIfThere(`${path}-new`);
  if (!existsSync(path)) return false;
  using link = BpfLink.openPinned(path);
  detachLink(link);
  return unlinkIfThere(path);
}

/** The kernel before 6.6 knows no TCX: it refuses the attach type. */
export function isWithoutTcx(error: unknown): boolean {
  return error instanceof LibbpfError && ['EINVAL', 'EOPNOTSUPP', 'ENOTSUPP'].includes(error.code);
}

function detachLink(link: BpfLink): void {
  try {
    link.detach();
  } catch (error) {
    // The interface is gone, and the link was taken off with it.
    if (!(error instanceof LibbpfError && error.code === 'ENOLINK')) throw error;
  }
}
