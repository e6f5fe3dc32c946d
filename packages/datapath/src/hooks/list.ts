import { filtersDir, linksDir, namesIn } from '../pins/paths.ts';
import { standsFilter } from './clsact.ts';
import type { Place } from './place.ts';
import { readRecord } from './record.ts';
import { readLink } from './tcx.ts';
import type { Direction } from './trampoline.ts';

export type HookKind = 'tcx' | 'clsact';

/** A hook of ours. `attached` is false where its interface or its filter is gone. */
export interface Hook {
  readonly endpoint: number;
  readonly direction: Direction;
  readonly kind: HookKind;
  /** A TCX link does not say in which namespace its interface is: `netns` is only known of clsact. */
  readonly place: Place;
  readonly attached: boolean;
}

export const DIRECTIONS: readonly Direction[] = ['out', 'in'];

/** Whether one stands each way; two of one direction are none of the other. */
export const standBothWays = (hooks: readonly Hook[]): boolean =>
  DIRECTIONS.every((way) => hooks.some(({ direction, attached }) => attached && direction === way));

/** The hooks of an endpoint, by what is pinned. */
function hooksOf(root: string, endpoint: number): Hook[] {
  return DIRECTIONS.flatMap((direction) => {
    const hooks: Hook[] = [];
    const link = readLink(root, endpoint, direction);
    if (link !== undefined) {
      const { ifindex, side } = link;
      hooks.push({ endpoint, direction, kind: 'tcx', place: { ifindex, side }, attached: ifindex !== 0 });
    }
    const record = readRecord(root, endpoint, direction);
    if (record !== undefined) {
      hooks.push({ endpoint, direction, kind: 'clsact', place: record.place, attached: standsFilter(record) });
    }
    return hooks;
  });
}

/** Every hook under a root. */
export function listHooks(root: string): Hook[] {
  return hookedEndpoints(root).flatMap((endpoint) => hooksOf(root, endpoint));
}

/** Numbers of the endpoints that have a link or a filter, ascending. */
export function hookedEndpoints(root: string): number[] {
  const names = [...namesIn(linksDir(root)), ...namesIn(filtersDir(root))];
  const numbers = names.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0);
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}
