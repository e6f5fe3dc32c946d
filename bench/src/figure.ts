/** One measured figure beside its goal. */
export interface Figure {
  readonly name: string;
  readonly measured: string;
  readonly goal: string;
  /** Only ratios and counts decide; an absolute time says more of the machine than of the code. */
  readonly held?: boolean;
}

/** A line of the table: name, figure, goal, and a mark where the figure decides. */
export function line({ name, measured, goal, held }: Figure): string {
  const mark = held === undefined ? ' ' : held ? '✔' : '✘';
  return `  ${mark}  ${name.padEnd(52)} ${measured.padEnd(46)} goal ${goal}\n`;
}

/** The value at a quantile (0..1) of unsorted numbers. */
function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
