/** Makes a failing case smaller: what it holds is plain data, and every attempt is a run. */
import type { Case } from './case.ts';

type Json = unknown;

/** What every case has; the model's clock counts by these durations. */
const NEEDED = new Set(['pods', 'config', 'durations', 'phases', 'policies', 'nodeSwitch', 'happenings']);

/**
 * Takes away entries of lists, halves first, and fields that need not be, as long as it goes on failing.
 * @param fails whether a smaller case still does; it may be one that is no case any more
 * @param goesOn asked before each attempt
 */
export async function shrink(one: Case, fails: (one: Case) => Promise<boolean>, goesOn: () => boolean): Promise<Case> {
  let best: Json = one;
  for (let before: Json; before !== best && goesOn();) {
    before = best;
    for (const path of places(best)) {
      if (!goesOn()) break;
      best = await shrinkAt(best, path, (smaller) => fails(smaller as Case), goesOn);
    }
  }
  return best as Case;
}

async function shrinkAt(
  whole: Json,
  path: readonly (string | number)[],
  fails: (smaller: Json) => Promise<boolean>,
  goesOn: () => boolean,
): Promise<Json> {
  const found = at(whole, path);
  if (Array.isArray(found)) return shrinkList(whole, path, fails, goesOn);
  let best = whole;
  for (const key of Object.keys(found ?? {})) {
    if (NEEDED.has(key)) continue;
    const { [key]: _, ...rest } = (at(best, path) ?? {}) as Record<string, Json>;
    const smaller = replaced(best, path, rest);
    if (goesOn() && (await fails(smaller))) best = smaller;
  }
  return best;
}

async function shrinkList(
  whole: Json,
  path: readonly (string | number)[],
  fails: (smaller: Json) => Promise<boolean>,
  goesOn: () => boolean,
): Promise<Json> {
  let best = whole;
  let list = at(whole, path) as Json[];
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = list.length - size; from >= 0 && goesOn(); from -= size) {
      const fewer = list.toSpliced(from, size);
      const smaller = replaced(best, path, fewer);
      if (!(await fails(smaller))) continue;
      [best, list] = [smaller, fewer];
    }
  }
  return best;
}

/** Paths of the lists and objects in a value, the outer ones first. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null || path.at(-1) === 'durations') return [];
  const entries: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, field]) => places(field, [...path, key]))];
}

function at(value: Json, path: readonly (string | number)[]): Json {
  return path.reduce<Json>((found, key) => (found as Record<string | number, Json> | undefined)?.[key], value);
}

function replaced(value: Json, [key, ...rest]: readonly (string | number)[], by: Json): Json {
  if (key === undefined) return by;
  const inner = replaced((value as Record<string | number, Json>)[key], rest, by);
  if (Array.isArray(value)) return value.with(Number(key), inner);
  return { ...(value as object), [key]: inner };
}
