import { existsSync } from 'node:fs';
import { errnoNumber } from './errno.ts';
import { BpfMap } from './map.ts';
import type { DeclaredMap, MapInfo } from './map.ts';

const COMPARED = ['type', 'keySize', 'valueSize', 'maxEntries', 'flags'] as const satisfies (keyof MapInfo)[];

/** A sentence for an object that did not load though the verifier refused no program. */
export function whyNotLoaded(errno: number, maps: readonly DeclaredMap[]): { detail?: string } {
  const refused = [errnoNumber('EPERM'), errnoNumber('EACCES')].includes(-errno);
  if (refused) return { detail: 'CAP_BPF and CAP_NET_ADMIN (or CAP_SYS_ADMIN) are missing, or a lockdown forbids it' };
  const detail = maps.map(mismatch).find((found) => found !== undefined);
  return detail === undefined ? {} : { detail };
}

/** How a map that is pinned already differs from its declaration. */
function mismatch(declared: DeclaredMap): string | undefined {
  const { pinPath } = declared;
  if (pinPath === undefined || !existsSync(pinPath)) return undefined;
  using pinned = BpfMap.openPinned(pinPath);
  const field = COMPARED.find((name) => pinned.info[name] !== declared[name]);
  if (field === undefined) return undefined;
  return `${pinPath} is pinned with ${field} ${pinned.info[field]}, the object declares ${declared[field]}`;
}
