import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Outcome, unchainAll, uninstall } from '@namewall/cni';
import { Datapath, DatapathError, switchFile } from '@namewall/datapath';
import { CliError } from '../errors.ts';
import type { GlobalOptions, Io } from '../io.ts';

export interface DetachOptions {
  readonly all: boolean;
  /** Where the agent keeps what it knows; undefined: that stays. */
  readonly stateDir?: string;
  /** Where the CNI plugin and configurations with it are, both or neither; undefined: they stay. */
  readonly cniBinDir?: string;
  readonly cniConfDir?: string;
}

/** Removes every hook, filter and pin: nothing is enforced afterwards. */
export function detach(
  { pinRoot }: GlobalOptions,
  { all, stateDir, cniBinDir, cniConfDir }: DetachOptions,
  io: Io,
): void {
  if (!all) {
    throw new CliError(
      'detach removes every hook and pin, nothing is enforced afterwards',
      'say --all when you mean it',
      2,
    );
  }
  if ((cniBinDir === undefined) !== (cniConfDir === undefined)) {
    throw new CliError('--cni-bin-dir and --cni-conf-dir go together', 'give both, or neither', 2);
  }
  // While there are pins for it, and no agent chains it again: a pod that comes up meanwhile is not held.
  const problems: string[] = [];
  const takeOut = (): void => {
    if (cniBinDir === undefined || cniConfDir === undefined) return;
    problems.push(...tell(uninstall(cniBinDir, cniConfDir), cniConfDir, io));
  };
  try {
    const { links, filters, maps, programs } = Datapath.detachAll(pinRoot, takeOut);
    io.out(`removed ${links} links, ${filters} filters, ${maps} maps and ${programs} programs from ${pinRoot}\n`);
  } catch (cause) {
    if (!(cause instanceof DatapathError) || cause.code !== 'LOCKED') throw cause;
    throw new CliError(`an agent is running on ${pinRoot}`, 'stop it first', 1, { cause });
  }
  if (stateDir !== undefined) forget(stateDir);
  complain(problems);
}

/** Takes the CNI plugin out of configurations, for pods from now on; those that it has hooked may still call it. */
export function unchain(confDir: string, io: Io): void {
  complain(tell(unchainAll(confDir), confDir, io));
}

function complain(problems: readonly string[]): void {
  if (problems.length > 0) throw new CliError(problems.join('; '), 'take namewall-cni out of it by hand', 1);
}

/** @returns what could not be done */
function tell(outcomes: readonly Outcome[], confDir: string, io: Io): string[] {
  return outcomes.flatMap((outcome) => {
    if (typeof outcome !== 'string') return [outcome.problem];
    if (outcome === 'changed') io.out(`took the CNI plugin out of a configuration in ${confDir}\n`);
    if (outcome === 'removed') io.out(`removed a configuration in ${confDir} that had no plugin but ours\n`);
    return [];
  });
}

/** Removes what agents write there, and nothing else: the folder may be one that somebody mounted. */
function forget(stateDir: string): void {
  const kept = ['snapshot.nw', 'snapshot.nw.new', 'lock', 'compiled', basename(switchFile(stateDir))];
  for (const name of kept) rmSync(join(stateDir, name), { recursive: true, force: true });
}
