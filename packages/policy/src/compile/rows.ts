import { NwRows } from '../abi.gen.ts';
import type { CompiledRow } from './types.ts';

/** Rows that a rule of the datapath can hold. */
export const ROWS_MAX: number = NwRows.PER_RULE;

/**
 * The fewest rows that say the same: ranges of one policy that touch become one, rows that another of
 * the same effect covers go. Only where more than {@link ROWS_MAX} remain are those of different
 * policies joined too; they then name the first of them. Sorted.
 */
export function mergeRows(rows: readonly CompiledRow[]): CompiledRow[] {
  const own = dropCovered(joinTouching(rows, (row) => row.policy));
  return (own.length > ROWS_MAX ? joinTouching(own, () => 0) : own).toSorted(compareRows);
}

/** Joins ranges that overlap or touch, of rows with the same effect, protocol and group. */
function joinTouching(rows: readonly CompiledRow[], group: (row: CompiledRow) => number): CompiledRow[] {
  const key = (row: CompiledRow) => [row.precedence, row.flags, row.protocol, group(row)];
  const sorted = rows.toSorted((a, b) => compareNumbers([...key(a), a.portFirst], [...key(b), b.portFirst]));
  const joined: CompiledRow[] = [];
  for (const row of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && compareNumbers(key(last), key(row)) === 0 && row.portFirst <= last.portLast + 1) {
      const portLast = Math.max(last.portLast, row.portLast);
      joined[joined.length - 1] = { ...last, portLast, policy: Math.min(last.policy, row.policy) };
    } else joined.push(row);
  }
  return joined;
}

/** Of two rows that cover each other the one of the first policy stays. */
function dropCovered(rows: readonly CompiledRow[]): CompiledRow[] {
  const kept: CompiledRow[] = [];
  const widestFirst = rows.toSorted((a, b) => compareNumbers(widthKey(a), widthKey(b)));
  for (const row of widestFirst) if (!kept.some((other) => isCovered(row, other))) kept.push(row);
  return kept;
}

function widthKey(row: CompiledRow): number[] {
  return [row.protocol === 0 ? 0 : 1, row.portFirst - row.portLast, row.policy];
}

function isCovered(row: CompiledRow, by: CompiledRow): boolean {
  return (
    row.precedence === by.precedence &&
    row.flags === by.flags &&
    (by.protocol === 0 || by.protocol === row.protocol) &&
    by.portFirst <= row.portFirst &&
    by.portLast >= row.portLast
  );
}

function compareRows(a: CompiledRow, b: CompiledRow): number {
  return compareNumbers(rowKey(a), rowKey(b));
}

function rowKey(row: CompiledRow): number[] {
  return [row.precedence, row.protocol, row.portFirst, row.portLast, row.flags, row.policy];
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
