/** Removes what nothing refers to any more: rulesets, their rows, identities. */
import type { Kernel } from './context.ts';
import type { Handles } from './handles.ts';
import type { Rulesets } from './rulesets.ts';

export interface Collected {
  readonly rulesets: number;
  readonly handles: number;
}

/**
 * @param wanted content ids of the desired state
 * @param inForce numbers that endpoints carry
 */
export function collect(
  kernel: Pick<Kernel, 'maps'>,
  handles: Handles,
  rulesets: Rulesets,
  wanted: ReadonlySet<string>,
  inForce: ReadonlySet<number>,
): Collected {
  const unused = [...rulesets.ids()].filter((id) => !wanted.has(id) && !inForce.has(rulesets.numberOf(id) ?? 0));
  rulesets.remove(unused);
  const candidates = new Set(handles.all());
  for (const handle of rulesets.handlesInUse()) candidates.delete(handle);
  keepReferred(kernel, candidates);
  handles.free([...candidates]);
  return { rulesets: unused.length, handles: candidates.size };
}

/** A learned address or an open question keeps its identities' names. */
function keepReferred({ maps }: Pick<Kernel, 'maps'>, candidates: Set<number>): void {
  for (const table of [maps.learned, maps.pending]) {
    if (candidates.size === 0) return;
    for (const [, { handles }] of table.entries()) for (const handle of handles) candidates.delete(handle);
  }
}
