import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** One file of an archive. Folders above it come by themselves. */
export interface Entry {
  /** Where it lies, without a leading slash. */
  readonly path: string;
  readonly content:
    | { readonly kind: 'folder' }
    | { readonly kind: 'link'; readonly to: string }
    | { readonly kind: 'copy'; readonly of: string; readonly executable: boolean }
    | { readonly kind: 'text'; readonly text: string; readonly executable: boolean };
}

const FOLDER = 0o040755;
const LINK = 0o120777;
const FILE = 0o100644;
const PROGRAM = 0o100755;

/** Writes what the kernel unpacks as its first root: the "newc" format of cpio, everything root's. */
export function writeArchive(file: string, entries: readonly Entry[]): void {
  const fd = openSync(file, 'w', 0o600);
  const written = new Set(['.']);
  let inode = 0;

  const write = (path: string, mode: number, data: Buffer): void => {
    if (written.has(path)) return;
    written.add(path);
    writeSync(fd, header(++inode, path, mode, data.length));
    for (let at = 0; at < data.length;) at += writeSync(fd, data, at);
    writeSync(fd, Buffer.alloc(-data.length & 3));
  };
  const folder = (path: string): void => {
    if (written.has(path)) return;
    folder(dirname(path));
    write(path, FOLDER, Buffer.alloc(0));
  };

  try {
    for (const { path, content } of entries) {
      folder(dirname(path));
      if (content.kind === 'folder') folder(path);
      else if (content.kind === 'link') write(path, LINK, Buffer.from(content.to));
      else write(path, content.executable ? PROGRAM : FILE, bytesOf(content));
    }
    write('TRAILER!!!', 0, Buffer.alloc(0));
  } finally {
    closeSync(fd);
  }
}

function bytesOf(content: { kind: 'copy'; of: string } | { kind: 'text'; text: string }): Buffer {
  return content.kind === 'copy' ? readFileSync(content.of) : Buffer.from(content.text);
}

/** The header with the name behind it, filled up to a multiple of four octets. */
function header(inode: number, path: string, mode: number, size: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
  const text = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const bytes = Buffer.concat([Buffer.from(`070701${text}`), name]);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
