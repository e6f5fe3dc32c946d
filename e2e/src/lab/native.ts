import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { RunDirectory } from './run-directory.ts';

/** Compiles a C program of the lab into the run directory and returns its path. */
export function compileProgram(run: RunDirectory, name: 'race' | 'forge' | 'tap' | 'trickle' | 'crowd'): string {
  const source = path.join(import.meta.dirname, '../programs', `${name}.c`);
  const target = run.file(name);
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', target, source], { stdio: 'pipe' });
  return target;
}
