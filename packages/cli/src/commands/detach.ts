import { Datapath, DatapathError } from '@namewall/datapath';
import { CliError } from '../errors.ts';
import type { GlobalOptions, Io } from '../io.ts';

/** Removes every hook, filter and pin: nothing is enforced afterwards. */
export function detach({ pinRoot }: GlobalOptions, all: boolean, io: Io): void {
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
}
