import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_SIZE_MAX, type FileProblem, fileTooLarge } from '@namewall/policy';

/** One file as it is now: its octets, or why there are none. */
export type FoundFile = ReadFile | { readonly path: string; readonly problem: FileProblem };

export interface ReadFile {
  readonly path: string;
  readonly octets: Uint8Array;
  /** Another one when the file was replaced. */
  readonly inode: number;
  /** Milliseconds since 1970 of the last write. */
  readonly modified: number;
}

const YAML = /^[^.].*\.ya?ml$/u;

/** Times that a folder is read again when it is replaced meanwhile. */
const ATTEMPTS = 3;

/**
 * The YAML files of a folder by name; hidden ones and subfolders are left out. Throws when the folder
 * cannot be read, or is not the same before and after: half of one folder is no state.
 */
export async function readFiles(folder: string): Promise<FoundFile[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await stat(folder);
    const found = await readAll(folder);
    const after = await stat(folder);
    if (before.dev === after.dev && before.ino === after.ino) return found;
  }
  throw new Error('the folder is being replaced all the time');
}

async function readAll(folder: string): Promise<FoundFile[]> {
  const names = (await readdir(folder)).filter((name) => YAML.test(name)).toSorted();
  const found: FoundFile[] = [];
  for (const name of names) {
    const file = await readOne(join(folder, name));
    if (file !== undefined) found.push(file);
  }
  return found;
}

/** @returns undefined when the file went away since it was listed. */
async function readOne(path: string): Promise<FoundFile | undefined> {
  try {
    // Not to wait for a writer, should it be a pipe.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isDirectory()) return undefined;
    if (!found.isFile()) return { path, problem: problem(path, 'is not a file', 'put a regular file here') };
    if (found.size > FILE_SIZE_MAX) return { path, problem: fileTooLarge(path, found.size) };
    // One octet more than there was: a file that grew since is seen to have grown.
    const buffer = Buffer.allocUnsafe(found.size + 1);
    const length = await fill(handle, buffer);
    if (length > found.size) return await readOne(path);
    // What writes a file in place empties it first: no policy goes away for that.
    if (length === 0) return { path, problem: problem(path, 'is empty', 'write its documents, or remove it') };
    return { path, octets: buffer.subarray(0, length), inode: found.ino, modified: found.mtimeMs };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    return { path, problem: problem(path, `cannot be read: ${message}`, 'let the operator read it, or remove it') };
  }
}

async function fill(
  handle: { read: (...all: [Buffer, number, number]) => Promise<{ bytesRead: number }> },
  buffer: Buffer,
): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function problem(file: string, reason: string, fix: string): FileProblem {
  return { file, line: 1, path: [], reason, fix };
}
