import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError, messageOf } from '../errors.ts';

/** Where the last good version of each file survives a restart of the operator. */
export interface LastGood {
  load(path: string): Promise<Uint8Array | undefined>;
  save(path: string, octets: Uint8Array): Promise<void>;
  /** Forgets the files that are not among these. */
  keepOnly(paths: readonly string[]): Promise<void>;
}

/** Nothing survives. */
export const FORGETFUL: LastGood = {
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
  keepOnly: () => Promise.resolve(),
};

/**
 * Keeps them in a folder of its own, for its owner alone.
 * @param failed told when one could not be kept; nothing else comes of that.
 * @throws OperatorError STATE when the folder cannot be made.
 */
export async function lastGoodIn(folder: string, failed: (problem: string) => void): Promise<LastGood> {
  const attempt = async (work: () => Promise<void>) => {
    await work().catch((error: unknown) => failed(messageOf(error)));
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OperatorError('STATE', `state folder: ${messageOf(error)}; name one that the operator may write`, {
      cause: error,
    });
  }
  return {
    load: (path) => readFile(join(folder, nameOf(path))).catch(() => undefined),
    save: (path, octets) => attempt(() => replace(join(folder, nameOf(path)), octets)),
    keepOnly: (paths) => attempt(() => removeOthers(folder, new Set(paths.map(nameOf)))),
  };
}

async function replace(target: string, octets: Uint8Array): Promise<void> {
  await writeFile(`${target}.new`, octets, { mode: 0o600, flush: true });
  await rename(`${target}.new`, target);
}

async function removeOthers(folder: string, kept: ReadonlySet<string>): Promise<void> {
  const gone = (await readdir(folder)).filter((name) => NAME.test(name) && !kept.has(name));
  for (const name of gone) await rm(join(folder, name), { force: true });
}

const NAME = /^[0-9a-f]{64}\.yaml(\.new)?$/u;

function nameOf(path: string): string {
  return `${createHash('sha256').update(path).digest('hex')}.yaml`;
}
