/** The allocator's and the heap's limits can only be given at a process's start: it replaces itself by one that has them. */

/** glibc: one arena, give freed memory back early. Elsewhere without effect. */
const ALLOCATOR = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '32768' } as const;

/** Same PID, same arguments, same files. Returns in the process that is small already, or where that is not possible. */
export function becomeSmall(): void {
  const { execPath, execArgv, argv, env } = process;
  if (env['MALLOC_ARENA_MAX'] !== undefined || process.execve === undefined) return;
  const flags = execArgv.includes('--disable-warning=ExperimentalWarning')
    ? execArgv
    : [...execArgv, '--disable-warning=ExperimentalWarning'];
  process.execve(execPath, [execPath, ...flags, ...argv.slice(1)], { ...env, ...ALLOCATOR });
}
