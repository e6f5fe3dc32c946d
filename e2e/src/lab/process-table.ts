import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot: with the PID it names one process for good.
 * `undefined` when there is no such process, or only its zombie.
 */
export function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command stands in parentheses and may hold anything; proc(5) counts state as field 3, starttime as 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Kills the process group that a process of ours leads, unless its PID now belongs to another. */
export function killGroup(pid: number, startedAt: string): void {
  if (startTime(pid) !== startedAt) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
