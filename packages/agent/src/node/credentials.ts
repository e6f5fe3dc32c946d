import { readFile } from 'node:fs/promises';
import type { AgentCredentials } from '@namewall/protocol';
import type { Flags } from '../flags.ts';
import { AgentError, messageOf } from '../errors.ts';

/** What the stream over TLS is opened with: files that others replace, so they are read each time. */
export function credentialsIn({
  operatorCa,
  token,
}: Pick<Flags, 'operatorCa' | 'token'>): AgentCredentials | undefined {
  if (operatorCa === undefined || token === undefined) return undefined;
  return { ca: () => read('--operator-ca', operatorCa), token: () => read('--token', token) };
}

async function read(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AgentError('CREDENTIALS', `${flag} cannot be read: ${messageOf(cause)}`, 'see that it is mounted', {
      cause,
    });
  }
}
