import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Datapath, DatapathError, switchFile } from '@namewall/datapath';
import { CliError } from '../errors.ts';
import type { GlobalOptions, Io } from '../io.ts';

export interface DetachOptions {
  readonly all: boolean;
  /** Where the agent keeps what it knows; undefined: that stays. */
  readonly stateDir?: string;
}

/** Removes every hook, filter and pin: nothing is enforced afterwards. */
export function detach({ pinRoot }: GlobalOptions, { all, stateDir }: DetachOptions, io: Io): void {
  if (!all) {
    throw new CliError(
      'detach removes every hook and pin, nothing is enforced afterwards',
      'say --all when you mean it',
      2,
    );
  }
  try {
    const { links, filters, maps, programs } = Datapath.detachAll(pinRoot);
    io.out(`removed ${links} links, ${filters} filters, ${maps} maps and ${programs} programs from ${pinRoot}\n`);
  } catch (cause) {
    if (!(cause instanceof DatapathError) || cause.code !== 'LOCKED') throw cause;
    throw new CliError(`an agent is running on ${pinRoot}`, 'stop it first', 1, { cause });
  }
  if (stateDir !== undefined) forget(stateDir);
}

/** Removes what agents write there, and nothing else: the folder may be one that somebody mounted. */
function forget(stateDir: string): void {
  const kept = ['snapshot.nw', 'snapshot.nw.new', 'lock', 'compiled', basename(switchFile(stateDir))];
  for (const name of kept) rmSync(join(stateDir, name), { recursive: true, force: true });
}
