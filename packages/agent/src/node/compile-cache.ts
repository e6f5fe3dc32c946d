/** Compiled code is kept in the state directory: a restarted agent need not compile it again. */
import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseFlags } from '../flags.ts';

/** Before the first large import. Where it is not possible the agent only starts slower. */
export function keepCompiled(args: readonly string[]): void {
  try {
    const flags = parseFlags(args);
    if (flags === 'help') return;
    const folder = join(flags.stateDir, 'compiled');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // Said when the flags are read and the state directory is locked.
  }
}
