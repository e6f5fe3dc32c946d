/** What a process only gets at its start: the allocator's limits, and a neighbour that keeps CAP_SYS_ADMIN for it. */
import { existsSync } from 'node:fs';
import { DESCRIPTOR, PROGRAM } from '@namewall/privileged/program';

/** glibc: one arena, give freed memory back early. Elsewhere without effect. */
const ALLOCATOR = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '32768' } as const;

/**
 * Replaces this process by one that has them: same PID, same arguments, same files. Returns in that one, or where it is not
 * possible, which is said later.
 */
export function startAgain(): void {
  const { execPath, execArgv, argv, env } = process;
  if (env[DESCRIPTOR] !== undefined || process.execve === undefined || !existsSync(PROGRAM)) return;
  const flags = execArgv.includes('--disable-warning=ExperimentalWarning')
    ? execArgv
    : [...execArgv, '--disable-warning=ExperimentalWarning'];
  const again = [execPath, ...flags, ...argv.slice(1)];
  process.execve(PROGRAM, [PROGRAM, 'launch', ...again], { ...env, ...ALLOCATOR });
}
