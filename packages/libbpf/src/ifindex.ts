import { errnoNumber } from './errno.ts';
import { LibbpfError } from './error.ts';
import { libc } from './libc.ts';
import { lastErrno } from './native.ts';

/** The number of an interface of the current network namespace; ENODEV when there is none of this name. */
export function ifIndex(name: string): number {
  const index = libc().if_nametoindex(name);
  if (index !== 0) return index;
  throw new LibbpfError({ call: `if_nametoindex(${name})`, errno: lastErrno() || (errnoNumber('ENODEV') ?? 19) });
}
