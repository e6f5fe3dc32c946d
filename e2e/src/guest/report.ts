/** What a guest's console says of its run. */
export interface Report {
  /** As the guest says it; undefined when it did not get that far. */
  readonly kernel: string | undefined;
  /** Stages that ended, and with which exit status. */
  readonly stages: ReadonlyMap<string, number>;
  /** Program → instructions that its verifier walked. */
  readonly verified: ReadonlyMap<string, number>;
  readonly passed: number;
  readonly failed: number;
  /** Also those cancelled or left for later. */
  readonly skipped: number;
  /** Whether it ran to its end. */
  readonly ended: boolean;
}

/** Reads init.sh's own lines, verifier-budget.ts's table and the totals of TAP streams. */
export function readConsole(console: string): Report {
  const kernel = /^guest: kernel (\S+) [0-9.]+$/m.exec(console)?.[1];
  const stages = numbers(console, /^guest: (\w+) (\d+) [0-9.]+$/gm);
  const verified = numbers(console, /^([a-z_]+) +(\d+) +\d+ +\d+(?: |$)/gm);
  const total = (...keys: readonly string[]): number =>
    [...console.matchAll(/^# (\w+) (\d+)$/gm)].reduce(
      (sum, [, key = '', count]) => (keys.includes(key) ? sum + Number(count) : sum),
      0,
    );
  const [passed, failed, skipped] = [total('pass'), total('fail'), total('skipped', 'todo', 'cancelled')];
  const ended = /^guest: end [0-9.]+$/m.test(console);
  return { kernel, stages, verified, passed, failed, skipped, ended };
}

function numbers(text: string, pattern: RegExp): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(pattern)].map(([, name = '', count]) => [name, Number(count)]));
}
